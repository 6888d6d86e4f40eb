"""One field of a connection: its latest keystroke, the answer to it, and the timer that keeps the budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from foretype.engine.ahead import Ahead
from foretype.engine.contract import Failure, FailureCode, Owner
from foretype.engine.deadline import Deadline
from foretype.engine.keystroke import Context, Keystroke, Reason, Source, Suggestion
from foretype.engine.on_screen import OnScreen
from foretype.engine.pressure import Effort
from foretype.engine.scheduler import ModelQueue, Need
from foretype.engine.surroundings import Surroundings
from foretype.engine.tree.draft import Draft, SearchResult
from foretype.engine.tree.trie import Run
from foretype.models.field_kind import FieldKind
from foretype.runtime.arena import Arena
from foretype.runtime.distribution import Distribution
from foretype.support.clock import Timer, Timers
from foretype.support.metrics import Stages
from foretype.support.stage import Stage

OVERLOADED = Failure(
    FailureCode.OVERLOADED,
    "The server has no time or memory for this keystroke now, so it gets no suggestion. Continue typing.",
)
NOTHING_FOUND = SearchResult([], done=True)
NOT_SEARCHED = SearchResult([], done=False)


_Given = tuple[FieldKind | None, str | None, Context | None]


class Reply(Protocol):
    """The function that receives a field's answers."""

    def __call__(
        self, seq: int, outcome: Suggestion | Failure, *, final: bool, elapsed_ms: float
    ) -> None: ...


class Field:
    """Lives on the event loop.

    An answer is always for the latest keystroke. A run that an older keystroke asked for still adds to the
    tree, but the older keystroke gets no answer.
    """

    def __init__(
        self,
        owner: Owner,
        surroundings_of: Callable[[Keystroke], Surroundings],
        new_draft: Callable[[Surroundings], Draft | None],
        scheduler: ModelQueue,
        reply: Reply,
        timers: Timers,
        stages: Stages,
        budget_ms: float,
        runs_ahead: int = 0,
        frugal: Callable[[], bool] = lambda: False,
    ) -> None:
        """`new_draft` returns None if there is no memory for one more tree. `frugal`: whether to save energy
        now.
        """
        self.owner = owner
        self._surroundings_of = surroundings_of
        self._new_draft = new_draft
        self._draft: Draft | None = None
        self._surroundings: Surroundings | None = None  # that the draft was made for
        self._given: _Given | None = None  # what they were made from
        self._scheduler = scheduler
        self._reply = reply
        self._timers = timers
        self._stages = stages
        self._budget_ms = budget_ms
        self._on_screen = OnScreen()
        self._ahead = Ahead(self._on_screen, timers, runs_ahead, frugal)
        self._keystroke: Keystroke | None = None
        self._arrived = 0.0
        self._deadline = Deadline.whenever()
        self._timer: Timer | None = None  # until the budget is used up
        self._open = False  # whether the latest keystroke still waits for its final answer
        self._found = NOTHING_FOUND
        self._run_of: Draft | None = None  # the draft whose run is under way
        self._postponed = False  # whether the latest keystroke is placed when the model is free for it
        self._effort = Effort.ALL  # for the latest keystroke
        self._served = True  # whether the model has worked since the latest keystroke, or need not

    # -- called by the desk --

    def keystroke(self, keystroke: Keystroke) -> None:
        """Placed at once, unless another field of the owner waits for the model: to place a long new text
        takes more than a millisecond of the event loop, which is better spent for other owners.
        """
        self._overtake(keystroke, self._scheduler.pressure.effort)
        if self._scheduler.others_wait(self):
            self._postponed = True
            self._found = NOT_SEARCHED
            self._start_budget()
            self._scheduler.want(self, self._deadline)
        else:
            self._begin(keystroke)

    def dismissed(self, seq: int) -> None:
        """Quiet until the next word begins. `seq` may be of an older keystroke, whose suggestion is still on
        the screen.
        """
        if self._keystroke is None or seq > self._keystroke.seq:
            return
        if self._on_screen.dismiss() and self._open:
            self._show_nothing(Reason.DISMISSED)

    def close(self) -> None:
        """No answer is given after this."""
        self._open = self._postponed = False
        self._stop_timer()
        self._scheduler.forget(self)
        self._drop_draft()
        # A run in progress may keep the field for a while: then it holds none of the text.
        self._keystroke = None
        self._found = NOTHING_FOUND
        self._on_screen.forget()

    # -- called by the memory budget --

    @property
    def held_bytes(self) -> int:
        return 0 if self._draft is None else self._draft.held_bytes

    def shrink(self) -> bool:
        """Free the tree, and return whether that was possible: not while a keystroke waits or a run is under
        way. The next keystroke carries all that is needed to grow the tree again.
        """
        if self._run_of is not None or self._open:
            return False
        self._drop_draft()
        self._scheduler.forget(self)
        return True

    # -- called by the scheduler --

    @property
    def trace(self) -> int:
        return self._keystroke.trace if self._keystroke is not None and self._open else 0

    @property
    def lacking(self) -> int | None:
        return None if self._postponed or self._draft is None else self._draft.missing_tokens

    def prepare_run(self) -> Need | None:
        if self._postponed:
            assert self._keystroke is not None
            self._begin(self._keystroke)
            if self._found.done:
                return None
        if self._draft is None:
            return None
        if self._found.done:
            assert self._keystroke is not None
            if not self._ahead.prepare_run(self._draft, self._keystroke):
                return None
        return Need(self._draft.arena.pool, self._draft.missing_tokens)

    def next_run(self, most_tokens: int | None = None) -> tuple[Arena, Run]:
        assert self._draft is not None
        self._run_of = self._draft
        self._served = True
        return self._draft.arena, self._draft.next_run(most_tokens, waited_for=self._open)

    def record(self, run: Run, first_slot: int, distributions: Sequence[Distribution]) -> None:
        ran, self._run_of = self._run_of, None
        if self._draft is None or self._draft is not ran:  # closed meanwhile, or made anew
            return
        asked_for = self._draft.record(run, first_slot, distributions)
        if self._postponed:
            return
        if not self._found.done:
            self._advance(self._draft)
        elif self._ahead.wants_runs:
            assert self._keystroke is not None
            self._ahead.ran(self._draft, self._keystroke, asked_for=asked_for)
            self._go_ahead()

    def failed(self, error: Exception) -> None:
        """Drop the tree: what the arena holds after a failed run is unknown. The next keystroke grows a new
        one.
        """
        self._run_of = None
        self._drop_draft()
        if self._open:
            message = (
                f"The model failed ({type(error).__name__}), so this keystroke gets no suggestion. "
                "Continue typing."
            )
            self._answer(Failure(FailureCode.INTERNAL, message), final=True)

    # -- steps of a keystroke --

    def _overtake(self, keystroke: Keystroke, effort: Effort) -> None:
        """`keystroke` is the latest now; one before it that still waits gets no answer."""
        self._stop_timer()
        if self._open:
            self._stages.overtaken()
        self._keystroke = keystroke
        self._postponed = False
        self._effort = effort
        self._on_screen.typed(keystroke.before)
        self._ahead.reset(effort)
        self._arrived = self._timers.time()
        # If the model had no time for the keystroke before, this one goes before those of other fields.
        self._deadline = Deadline.after(self._budget_ms if self._served else 0.0, self._timers)
        self._served = self._run_of is not None
        self._open = True

    def _begin(self, keystroke: Keystroke) -> None:
        """Place the latest keystroke, and give its answer or ask for a run."""
        self._postponed = False
        draft = self._draft_for(keystroke)
        if draft is None:
            self._answer(OVERLOADED, final=True)
            return
        began = self._stages.clock()
        reason = self._place(draft, keystroke, self._effort)
        placed_s = self._stages.clock() - began
        if reason is not None:
            self._show_nothing(reason)
            if reason is Reason.NO_CONTEXT:
                self._ahead.read_beginning()
                self._go_ahead()
            return
        if self._timer is None:
            self._start_budget()
        self._advance(draft, placed_s)

    def _draft_for(self, keystroke: Keystroke) -> Draft | None:
        """A tree holds for the tokens that it begins with: if what stands around the text has changed, a new
        one is grown.
        """
        given = (keystroke.kind, keystroke.subject, keystroke.context)
        # Usually all is as it was, and then to compare it is all that is done with it at a keystroke.
        if self._draft is None or given != self._given:
            surroundings = self._surroundings_of(keystroke)
            if surroundings != self._surroundings:
                self._drop_draft()
            if self._draft is None:
                self._draft = self._new_draft(surroundings)
            self._surroundings = surroundings
            self._given = given
        return self._draft

    def _place(self, draft: Draft, keystroke: Keystroke, effort: Effort) -> Reason | None:
        """Walk to where the keystroke stands in the tree. A reason, if nothing is to be suggested there."""
        rest = self._on_screen.rest_after(keystroke.before)
        if keystroke.corrections and self._on_screen.keeps_word:
            keystroke = replace(keystroke, corrections=False)
        reason = draft.place(keystroke, rest, brief=effort is Effort.BRIEF)
        if reason is None and self._on_screen.is_quiet:
            return Reason.DISMISSED
        return reason

    def _start_budget(self) -> None:
        self._timer = self._timers.call_at(self._arrived + self._budget_ms / 1000.0, self._budget_is_up)

    def _advance(self, draft: Draft, placed_s: float = 0.0) -> None:
        """Search with the distributions that are there; give the final answer if the model could add nothing,
        else ask for a run. `placed_s`: how long it took to place the keystroke, counted with the search.
        """
        began = self._stages.clock()
        self._found = draft.search()
        self._stages.took(Stage.TREE, self._stages.clock() - began + placed_s, self.trace)
        for use in self._found.first_uses:
            self._stages.used(use.purpose, first_of_run=use.first_of_run)
        if self._found.done:
            if self._open:
                self._show(self._suggestion(_source(draft)), final=True)
            self._served = True
            self._ahead.start()
            self._go_ahead()
            return
        if self._open and self._found.sure:
            self._show(self._suggestion(_source(draft)), final=False)
        # After the budget no client waits; what is still worked out serves the next keystroke.
        self._scheduler.want(self, self._deadline if self._open else Deadline.whenever())

    def _go_ahead(self) -> None:
        """Ask for a run ahead. What it is for is found out when the model is free (`prepare_run`), so that
        the answer leaves first.
        """
        if self._ahead.wants_runs:
            self._scheduler.want(self, Deadline.whenever())

    def _budget_is_up(self) -> None:
        self._timer = None
        if self._open:
            if self._postponed:  # it is not placed any more
                self._found = NOTHING_FOUND
                self._scheduler.forget(self)
            if self._served or self._found.chosen:
                self._show(self._suggestion(Source.BUDGET), final=True)
            else:
                self._answer(OVERLOADED, final=True)
            if self._run_of is None and not self._found.done:
                self._scheduler.want(self, Deadline.whenever())

    # -- answers --

    def _suggestion(self, source: Source) -> Suggestion:
        chosen = self._found.chosen
        if not chosen:
            return Suggestion.nothing(Reason.BUDGET if source is Source.BUDGET else Reason.UNLIKELY, source)
        best = chosen[0]
        return Suggestion(best.text, best.confidence, source, None, tuple(chosen[1:]), best.replaces)

    def _show(self, suggestion: Suggestion, *, final: bool) -> None:
        # An empty answer at the end of the budget does not change the text on the screen.
        if suggestion.reason is not Reason.BUDGET:
            self._on_screen.show(suggestion.text, replaces=suggestion.replaces)
        self._answer(suggestion, final=final)

    def _show_nothing(self, reason: Reason) -> None:
        """The final answer is that nothing is suggested; the model is not needed for it."""
        self._scheduler.forget(self)
        self._found = NOTHING_FOUND
        self._show(Suggestion.nothing(reason), final=True)

    def _answer(self, outcome: Suggestion | Failure, *, final: bool) -> None:
        assert self._keystroke is not None
        if final:
            self._open = self._postponed = False
            self._stop_timer()
        elapsed_ms = (self._timers.time() - self._arrived) * 1000.0
        self._reply(self._keystroke.seq, outcome, final=final, elapsed_ms=elapsed_ms)

    def _drop_draft(self) -> None:
        self._ahead.stop()
        if self._draft is not None:
            self._draft.give_up()
            self._draft = None
        self._surroundings = self._given = None

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _source(draft: Draft) -> Source:
    return Source.MODEL if draft.ran else Source.TREE
