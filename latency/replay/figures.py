"""From what was counted to the figures that are reported. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields

from foretype.compare.typist.screen import ScreenTally
from latency.replay.ledger import Ledger, Sent


@dataclass(frozen=True, slots=True)
class Session:
    """One text as one typist typed it, whole or as far as time allowed."""

    chars: int
    keys: int
    corrections: int
    screen: ScreenTally
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds, as from a keystroke to its answer, by nearest rank; None where there are none."""

    p50: float | None
    p95: float | None
    p99: float | None
    worst: float | None

    @classmethod
    def of(cls, milliseconds: Iterable[float]) -> Latency:
        ordered = sorted(milliseconds)
        if not ordered:
            return cls(None, None, None, None)
        p50, p95, p99 = (percentile(ordered, share) for share in (0.50, 0.95, 0.99))
        return cls(p50, p95, p99, ordered[-1])


def percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of numbers in rising order; `share` is 0 to 1."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@dataclass(frozen=True, slots=True)
class Answers:
    """How keystrokes were answered. Shares are 0 to 1 and None where there is nothing to take a share of."""

    keystrokes: int
    answered: int  # with a suggestion or with an error
    overtaken: int  # no final answer, and none was owed: a later keystroke came within the budget
    unanswered: int  # no final answer, and one was owed
    over_budget: int
    over_budget_share: float | None
    text_share: float | None  # of the answered ones, those whose final answer had a text
    first: Latency
    final: Latency  # of suggestions: an error is quickly said
    late: Latency  # how late keys were sent; no fault of the server
    sources: dict[str, int]
    errors_by_code: dict[str, int]

    def flat(self) -> dict[str, float | None]:
        """Every number by its name in `budget.toml`, those of a subclass too."""
        flat: dict[str, float | None] = {
            one.name: value
            for one in fields(self)
            if (value := getattr(self, one.name)) is None or isinstance(value, int | float)
        }
        for name, latency in (("first", self.first), ("final", self.final), ("late", self.late)):
            flat |= {f"{name}_{rank}_ms": value for rank, value in asdict(latency).items()}
        flat |= {
            f"{source}_share": share(self.sources.get(source, 0), self.answered)
            for source in ("tree", "model", "budget")
        }
        flat["errors"] = sum(self.errors_by_code.values())
        flat["overloaded"] = self.errors_by_code.get("overloaded", 0)
        return flat


@dataclass(frozen=True, slots=True)
class Figures(Answers):
    """What a replay found: the answers, and what they were good for."""

    texts: int
    chars: int
    keys: int
    corrections: int
    saved_share: float | None  # 1 - keys / (characters + what slips cost)
    shown: int
    taken_share: float | None  # of the showings, those of which a word was taken
    offers: int
    words_taken: int
    words_taken_share: float | None  # of the offered words
    replaced: int  # these three: changes of a text on the screen that was still possible
    withdrawn: int
    resized: int


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def answers(sent: Sequence[Sent], *, budget_ms: float) -> Answers:
    """`budget_ms` is what the server promises."""
    waits = waited(sent, budget_ms=budget_ms)
    finals = [_ms(one, one.final) for one in sent if one.final is not None]
    unanswered = sum(one.owed(budget_ms) for one in sent)
    over_budget = sum(ms > budget_ms for ms in finals) + unanswered
    return Answers(
        keystrokes=len(sent),
        answered=len(finals),
        overtaken=len(sent) - len(finals) - unanswered,
        unanswered=unanswered,
        over_budget=over_budget,
        over_budget_share=share(over_budget, len(finals) + unanswered),
        text_share=share(sum(one.has_text for one in sent), len(finals)),
        first=Latency.of(waits.first),
        final=Latency.of(waits.final),
        late=Latency.of(one.late * 1000 for one in sent),
        sources=dict(Counter(one.source for one in sent if one.source is not None)),
        errors_by_code=dict(Counter(one.error for one in sent if one.error is not None)),
    )


@dataclass(frozen=True, slots=True)
class Waits:
    """Milliseconds to the first and to the final suggestion, in no order, and of how many keystrokes that
    were owed one.
    """

    first: list[float]
    final: list[float]
    owed: int


def waited(sent: Sequence[Sent], *, budget_ms: float) -> Waits:
    firsts = [_ms(one, one.first) for one in sent if one.first is not None]
    finals = [_ms(one, one.final) for one in sent if one.source is not None]
    return Waits(firsts, finals, sum(one.final is not None or one.owed(budget_ms) for one in sent))


def keystrokes(sessions: Iterable[Session]) -> list[Sent]:
    return [sent for session in sessions for sent in session.ledger.keystrokes()]


def summarise(sessions: Sequence[Session], *, budget_ms: float) -> Figures:
    """The figures of all sessions together."""
    answered = answers(keystrokes(sessions), budget_ms=budget_ms)
    chars, keys, corrections = (
        sum(getattr(s, name) for s in sessions) for name in ("chars", "keys", "corrections")
    )
    counted = {one.name: sum(getattr(s.screen, one.name) for s in sessions) for one in fields(ScreenTally)}
    without = chars + corrections
    return Figures(
        **{one.name: getattr(answered, one.name) for one in fields(Answers)},
        texts=len(sessions),
        chars=chars,
        keys=keys,
        corrections=corrections,
        saved_share=1 - keys / without if without else None,
        shown=counted["shown"],
        taken_share=share(counted["taken"], counted["shown"]),
        offers=counted["offers"],
        words_taken=counted["words_taken"],
        words_taken_share=share(counted["words_taken"], counted["offers"]),
        replaced=counted["replaced"],
        withdrawn=counted["withdrawn"],
        resized=counted["resized"],
    )


def _ms(sent: Sent, when: float | None) -> float:
    assert when is not None
    return (when - sent.at) * 1000
