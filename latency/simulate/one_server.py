"""A simulated server: keystrokes of many typists, one model, and the decisions of the real scheduler.

What is kept of the real server: owners share the model equally, with its own `Shares`, and then the earliest
deadline goes first; up to 16 fields share a run with one token each; a longer text is read in parts; the load
reduces the effort, by its own `Pressure`; work ahead is done while no keystroke waits; a run is never
interrupted. What is left out: memory, and the words themselves. How many tokens the model must read for a
keystroke is drawn from what keystrokes of the same effort needed in a real server.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate, chain, cycle
from random import Random

from foretype.engine.contract import Owner
from foretype.engine.local import MARGIN
from foretype.engine.pressure import Effort, Pressure
from foretype.engine.scheduler import FEW_TOKENS, TOKENS_A_PART
from foretype.engine.shares import Demand, Purpose, Shares
from foretype.engine.tree.draft import TreeLimits
from foretype.runtime.chunk import MOST_TEXTS
from foretype.support.clock import Timer
from latency.replay.figures import percentile
from latency.replay.pace import gaps
from latency.simulate.clock import SimulatedTime
from latency.simulate.measured import Measured

LONG = 2 * FEW_TOKENS  # tokens: a search needs fewer
WARM_UP_S = 10.0  # does not count: the load of the model is an average over the last second


@dataclass(eq=False, slots=True)
class _Field:
    """A typist's field. `unread`: tokens of the text that the model has not read. `steps`: tokens of the
    search that the latest keystroke still needs. `made_ahead`: runs ahead since the last answer.
    """

    owner: Owner
    pauses: Iterator[float]
    arrived: float = 0.0
    deadline: float = 0.0
    effort: Effort = Effort.ALL
    steps: int = 0
    unread: int = 0
    open: bool = False
    served: bool = True
    in_run: bool = False
    ahead_left: int = 0
    made_ahead: int = 0
    timer: Timer | None = None

    @property
    def lacks(self) -> bool:
        return self.steps > 0 or self.unread > 0

    @property
    def demand(self) -> Demand:
        return Demand(Purpose.TYPING if self.unread <= FEW_TOKENS else Purpose.READING, self.owner)


@dataclass(slots=True)
class Tally:
    """What happened in a simulated time. `final_ms`: to the final suggestions. `busy_s`: for keystrokes."""

    seconds: float = 0.0
    keystrokes: int = 0
    overtaken: int = 0
    overloaded: int = 0
    from_tree: int = 0
    runs: int = 0
    busy_s: float = 0.0
    ahead_s: float = 0.0
    final_ms: list[float] = field(default_factory=list)

    @property
    def busy_share(self) -> float:
        return self.busy_s / self.seconds

    @property
    def p50_ms(self) -> float:
        return percentile(sorted(self.final_ms), 0.5)

    @property
    def p95_ms(self) -> float:
        return percentile(sorted(self.final_ms), 0.95)

    def missed_share(self, budget_ms: float) -> float:
        """Keystrokes that were refused or answered after the budget, of those that were answered."""
        late = sum(ms > budget_ms for ms in self.final_ms)
        answered = len(self.final_ms) + self.overloaded
        return (late + self.overloaded) / answered if answered else 0.0


@dataclass(frozen=True, slots=True)
class Newcomers:
    """The last `typists` of a crowd begin at random moments within `ramp_s` seconds, as those of
    `latency.capacity` do: each with a random part of a text of `text_tokens` in the field, which is read
    first. `factors`: of the runs until what happens is counted (see `Measured`).
    """

    typists: int = 0
    ramp_s: float = 0.0
    settle_s: float = 0.0  # after them, until what happens is counted
    text_tokens: float = 0.0
    factors: tuple[float, ...] = (1.0,)


NOBODY = Newcomers()


class SimulatedServer:
    def __init__(self, measured: Measured, typists: int, rng: Random, newcomers: Newcomers = NOBODY) -> None:
        self._measured = measured
        self._rng = rng
        self._time = SimulatedTime()
        self._pressure = Pressure(self._time)
        self._shares = Shares()
        self._answer_after_s = (1 - MARGIN) * measured.budget_ms / 1000
        self._search_s = measured.search_ms / 1000
        self._tokens = {effort: list(accumulate(need.tokens)) for effort, need in measured.needs.items()}
        self._boundary = {
            effort: min(1.0, measured.tokens_a_keystroke / max(need.model_share, 1e-9))
            for effort, need in measured.needs.items()
        }
        self._factors = self._endlessly(newcomers.factors)
        self._waiting: dict[_Field, None] = {}  # with a keystroke that waits for its answer
        self._idle: dict[_Field, None] = {}  # with work that nobody waits for
        self._running = False
        self.tally = Tally()
        self._counts_from = WARM_UP_S + newcomers.ramp_s + newcomers.settle_s
        for number in range(typists):
            one = _Field(Owner.alone(str(number)), gaps(measured.wpm, rng))
            if number < typists - newcomers.typists:
                self._next_key(one, rng.uniform(0, 1))
            else:
                one.unread = round(rng.uniform(0, newcomers.text_tokens))
                self._next_key(one, WARM_UP_S + rng.uniform(0, newcomers.ramp_s))

    def run(self, seconds: float) -> Tally:
        """What happens in `seconds`, after a warm-up."""
        self._time.run_until(self._counts_from)
        self._factors = self._endlessly(self._measured.factors)
        self.tally = Tally(seconds)
        self._time.run_until(self._counts_from + seconds)
        return self.tally

    def _endlessly(self, factors: tuple[float, ...]) -> Iterator[float]:
        """One after the other, from a random one on."""
        return chain(factors[self._rng.randrange(len(factors)) :], cycle(factors))

    # -- keystrokes --

    def _next_key(self, one: _Field, after_s: float) -> None:
        self._time.call_at(self._time.time() + after_s, lambda: self._keystroke(one))

    def _keystroke(self, one: _Field) -> None:
        self._next_key(one, next(one.pauses))
        now = self._time.time()
        self.tally.keystrokes += 1
        if one.open:
            self.tally.overtaken += 1
        self._stop(one)
        effort = self._pressure.effort
        drawn = self._draw_tokens(one, effort)
        if drawn > LONG:  # a longer text that the tree does not have
            one.unread += drawn - 1
            drawn = 1
        elif drawn and self._rng.random() < self._boundary[effort]:
            one.unread += 1
            drawn -= 1  # reading the last token gives the first distribution
        # What the keystroke before lacked is still lacking: the tree keeps what it has, and no more.
        one.steps = max(one.steps, drawn)
        one.effort = effort
        one.arrived = now
        one.deadline = now + (self._answer_after_s if one.served else 0.0)
        one.served = one.in_run
        one.open = True
        one.ahead_left = 0
        if one.lacks:
            self._wait(one)
            one.timer = self._time.call_at(now + self._answer_after_s, lambda: self._budget_is_up(one))
        else:
            self.tally.from_tree += 1
            self._answer(one, self._search_s)
        self._start()

    def _wait(self, one: _Field) -> None:
        self._shares.asks(one.demand)
        self._waiting[one] = None

    def _draw_tokens(self, one: _Field, effort: Effort) -> int:
        """By the work that was done ahead for this keystroke."""
        if effort is Effort.BRIEF:
            of = Effort.BRIEF
        elif one.ahead_left == 0:  # all that was wanted ahead is done
            of = one.effort
        else:
            of = Effort.LITTLE_AHEAD if one.made_ahead else Effort.NOTHING_AHEAD
        upto = self._tokens[max(of, Effort.NOTHING_AHEAD) if effort > Effort.BRIEF else of]
        at = self._rng.randrange(upto[-1])
        return next(tokens for tokens, number in enumerate(upto) if at < number)

    def _budget_is_up(self, one: _Field) -> None:
        one.timer = None
        self._waiting.pop(one, None)
        if one.served:
            self._answer(one, self._search_s)
        else:
            one.open = False
            self.tally.overloaded += 1
        if one.lacks:
            self._idle[one] = None

    def _answer(self, one: _Field, after_s: float) -> None:
        """The final answer, `after_s` from now."""
        waited_s = self._time.time() + after_s - one.arrived
        self.tally.final_ms.append(waited_s * 1000 + self._measured.keystroke_ms)
        one.open = False
        if not one.lacks:
            one.served = True
            self._go_ahead(one)

    def _go_ahead(self, one: _Field) -> None:
        most = one.effort.runs_ahead(self._measured.runs_ahead)
        mean = self._measured.needs[one.effort].ahead_runs
        one.ahead_left = min(most, int(mean) + (self._rng.random() < mean % 1))
        one.made_ahead = 0
        if one.ahead_left:
            self._idle[one] = None

    def _stop(self, one: _Field) -> None:
        self._waiting.pop(one, None)
        self._idle.pop(one, None)
        if one.timer is not None:
            one.timer.cancel()
            one.timer = None

    # -- the model --

    def _start(self) -> None:
        if self._running:
            return
        if self._waiting:
            self._run_for_keystrokes()
        elif self._idle:
            self._run_ahead(next(iter(self._idle)))

    def _run_for_keystrokes(self) -> None:
        order = sorted(self._waiting, key=lambda one: (self._shares.used(one.demand), one.deadline))
        first = order[0]
        self._shares.chosen(first.demand)
        if first.unread > FEW_TOKENS:
            part = TOKENS_A_PART if len(order) > 1 else TreeLimits().tokens_a_run
            tokens = min(first.unread, part)
            self._begin([first], tokens, self._measured.alone_s(tokens))
            return
        chosen = [one for one in order if one.unread <= FEW_TOKENS][:MOST_TEXTS]
        if len(chosen) == 1:
            tokens = max(1, first.unread + min(first.steps, TreeLimits().nodes_a_run))
            self._begin(chosen, tokens, self._measured.alone_s(tokens))
        else:
            self._begin(chosen, 1, self._measured.together_s(len(chosen)))

    def _begin(self, chosen: list[_Field], tokens: int, seconds: float) -> None:
        demands = [one.demand for one in chosen]
        for one in chosen:
            one.in_run = one.served = True
            del self._waiting[one]
        self._running = True
        began = self._time.time()
        seconds *= next(self._factors)
        for demand in demands:
            self._shares.charge(demand, seconds / len(demands))
        self._time.call_at(began + seconds, lambda: self._ended(chosen, tokens, began))

    def _ended(self, chosen: list[_Field], tokens: int, began: float) -> None:
        self.tally.runs += 1
        self.tally.busy_s += self._time.time() - began
        self._pressure.worked(began)
        for number, one in enumerate(chosen, 1):
            one.in_run = False
            self._got(one, tokens)
            if one.lacks and one.open:
                self._wait(one)
            elif one.lacks:
                self._idle[one] = None
            elif one.open:
                self._stop(one)
                self._answer(one, number * self._search_s)
        self._time.call_at(self._time.time() + len(chosen) * self._search_s, self._free)

    def _got(self, one: _Field, tokens: int) -> None:
        read = min(tokens, one.unread)
        one.unread -= read
        one.steps -= min(tokens - read, one.steps)

    def _run_ahead(self, one: _Field) -> None:
        """For likely next keystrokes, or for one whose budget was used up."""
        del self._idle[one]
        late = one.lacks
        tokens = max(1, min(one.unread, TreeLimits().tokens_a_run))
        seconds = self._measured.alone_s(tokens) if late else self._measured.needs[one.effort].ahead_ms / 1000
        one.in_run = self._running = True
        began = self._time.time()
        if late:
            seconds *= next(self._factors)
        self._time.call_at(began + seconds, lambda: self._ended_ahead(one, tokens, began, late=late))

    def _ended_ahead(self, one: _Field, tokens: int, began: float, *, late: bool) -> None:
        self.tally.ahead_s += self._time.time() - began
        one.in_run = False
        if late:
            self._got(one, tokens)
            if one.open and not one.lacks:
                self._stop(one)
                self._answer(one, self._search_s)
        elif one.ahead_left:
            one.ahead_left -= 1
            one.made_ahead += 1
        if not one.open and (one.lacks or one.ahead_left):
            self._idle[one] = None
        self._time.call_at(self._time.time() + self._search_s, self._free)

    def _free(self) -> None:
        self._running = False
        self._start()


def simulate_server(
    measured: Measured, typists: int, seconds: float, seed: int, newcomers: Newcomers = NOBODY
) -> Tally:
    """`typists` who type without a pause at one server. The same seed gives the same tally."""
    return SimulatedServer(measured, typists, Random(f"{seed}/{typists}"), newcomers).run(seconds)
