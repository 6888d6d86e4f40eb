"""One field of a connection: its latest keystroke, the timer that keeps the budget, what is on screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from foretype.deadline import Deadline, Timer, Timers
from foretype.engine import Failure, FailureCode
from foretype.keystroke import FieldKind, Keystroke, Reason, Source, Suggestion
from foretype.load import Effort
from foretype.runtime.arena import Arena
from foretype.scheduler import Need, Scheduler
from foretype.stages import Stage, Stages
from foretype.tree.distribution import Distribution
from foretype.tree.draft import Draft, Look
from foretype.tree.split import scalar_values, split
from foretype.tree.trie import Run
from foretype.words import next_word

OVERLOADED = Failure(
    FailureCode.OVERLOADED,
    "More people type than the model can serve: this keystroke gets nothing. Go on typing.",
)
TAIL = 64  # characters by which a text is known again: a long one comes cut at its left


class Reply(Protocol):
    """How a field's answers leave it."""

    def __call__(
        self, seq: int, outcome: Suggestion | Failure, *, final: bool, elapsed_ms: float
    ) -> None: ...


class Field:
    """Lives on the event loop.

    Answers are always for the latest keystroke; whatever comes back from the model for an older one still
    feeds the tree, but answers nothing.
    """

    def __init__(
        self,
        new_draft: Callable[[FieldKind], Draft | None],
        scheduler: Scheduler,
        reply: Reply,
        timers: Timers,
        stages: Stages,
        budget_ms: float,
        runs_ahead: int = 0,
    ) -> None:
        """`new_draft` gives None where there is no room for one more."""
        self._new_draft = new_draft
        self._draft: Draft | None = None
        self._scheduler = scheduler
        self._reply = reply
        self._timers = timers
        self._stages = stages
        self._budget_ms = budget_ms
        self._runs_ahead = runs_ahead
        self._keystroke: Keystroke | None = None
        self._arrived = 0.0
        self._placed_s = 0.0  # what finding the keystroke's place took, until it is counted
        self._deadline = Deadline.whenever()
        self._timer: Timer | None = None
        self._coming: list[str] = []  # what may be typed or taken next, and its answer is to be worked out
        self._foreseeing: Timer | None = None
        self._open = False  # whether the latest keystroke still waits for its final answer
        self._look = Look([], done=True)
        self._ahead = 0  # runs that may still be made ahead of the next keystroke
        self._looked_ahead = False
        self._effort = Effort.ALL
        self._running = False
        self._served = True  # whether the model has worked since the latest keystroke, or need not
        self._on_screen: tuple[str, str] = ("", "")  # before, text
        self._word_start = ""  # names the place where the word in hand begins
        self._shown_at: str | None = None  # the start of the word for which something was shown last
        self._quiet_at: str | None = None  # the start of the word for which the typist wants nothing

    # -- from the connection --

    def keystroke(self, keystroke: Keystroke) -> None:
        self._stop_timer()
        self._stop_foreseeing()
        if self._open:
            self._stages.overtaken()
        self._keystroke = keystroke
        self._word_start = _word_start(keystroke)
        self._ahead = 0
        self._arrived = self._timers.time()
        # Whom the last keystroke brought nothing goes before those whom it did.
        self._deadline = Deadline.after(self._budget_ms if self._served else 0.0, self._timers)
        self._served = self._running
        self._effort = self._scheduler.load.effort
        self._open = True
        if self._draft is None:
            self._draft = self._new_draft(keystroke.kind or FieldKind.TEXT)
        if self._draft is None:
            self._say(OVERLOADED, final=True)
            return
        began = self._stages.clock()
        brief = self._effort is Effort.BRIEF
        reason = self._draft.place(keystroke, self._left_on_screen(keystroke.before), brief=brief)
        self._placed_s = self._stages.clock() - began
        if self._quiet_at != self._word_start:
            self._quiet_at = None
        elif reason is None:
            reason = Reason.DISMISSED
        if reason is not None:
            self._scheduler.forget(self)
            self._look = Look([], done=True)
            self._show(Suggestion.nothing(reason), final=True)
            return
        due = self._arrived + self._budget_ms / 1000.0
        self._timer = self._timers.call_at(due, self._budget_is_up)
        self._advance(self._draft)

    def dismissed(self, seq: int) -> None:
        """Quiet until the next word begins. `seq` may be an older one, whose text is still on the screen."""
        if self._keystroke is None or seq > self._keystroke.seq:
            return
        # Of a text that goes over several words the rest is still there when the next one has begun.
        if self._shown_at != self._word_start and not self._left_on_screen(self._keystroke.before):
            return
        self._quiet_at = self._word_start
        self._on_screen = ("", "")
        if self._open:
            self._scheduler.forget(self)
            self._look = Look([], done=True)
            self._show(Suggestion.nothing(Reason.DISMISSED), final=True)

    def close(self) -> None:
        """Nothing is answered after this."""
        self._open = False
        self._stop_timer()
        self._scheduler.forget(self)
        self._drop_draft()
        # Who holds the field for a while yet, as a run under way does, holds none of its text.
        self._keystroke = None
        self._look = Look([], done=True)
        self._on_screen = ("", "")
        self._word_start = ""
        self._shown_at = self._quiet_at = None
        self._coming = []

    # -- from whoever looks after memory --

    @property
    def held_bytes(self) -> int:
        return 0 if self._draft is None else self._draft.held_bytes

    def shrink(self) -> bool:
        """Give the tree back, if nothing is going on in it; the next keystroke carries all that is needed to
        grow it again.
        """
        if self._running or self._open:
            return False
        self._drop_draft()
        self._ahead = 0
        self._scheduler.forget(self)
        return True

    # -- from the scheduler --

    @property
    def trace(self) -> int:
        return self._keystroke.trace if self._keystroke is not None and self._open else 0

    def need(self) -> Need | None:
        if self._draft is None or (self._look.done and not self._ahead):
            return None
        if self._look.done and not self._looked_ahead:
            self._looked_ahead = True
            lacking = self._draft.look_ahead()
            self._foresee_soon(self._draft)
            if not lacking:
                self._ahead = 0
                return None
        return Need(self._draft.arena.pool, self._draft.lacks)

    def next_run(self, most_tokens: int | None = None) -> tuple[Arena, Run]:
        assert self._draft is not None
        self._running = self._served = True
        return self._draft.arena, self._draft.next_run(most_tokens)

    def record(self, run: Run, first_slot: int, distributions: Sequence[Distribution]) -> None:
        self._running = False
        if self._draft is None:  # closed meanwhile
            return
        asked_for = self._draft.record(run, first_slot, distributions)
        if not self._look.done:
            self._advance(self._draft)
        elif self._ahead:
            self._ahead -= asked_for  # an older keystroke's run is none of this one's
            if self._ahead:
                self._go_ahead()
            else:
                self._foresee_soon(self._draft)

    def failed(self, error: Exception) -> None:
        """Start anew at the next keystroke: what the arena holds after a failed run is unknown."""
        self._running = False
        self._drop_draft()
        if self._open:
            message = f"the model failed ({type(error).__name__}); the next keystroke starts anew"
            self._say(Failure(FailureCode.INTERNAL, message), final=True)

    # -- inside --

    def _advance(self, draft: Draft) -> None:
        """Look with what is there; answer if that is all, else ask for the model."""
        began = self._stages.clock()
        self._look = draft.look()
        self._stages.took(Stage.TREE, self._stages.clock() - began + self._placed_s, self.trace)
        self._placed_s = 0.0
        if self._look.done:
            if self._open:
                self._show(self._suggestion(_source(draft)), final=True)
            self._ahead = self._effort.runs_ahead(self._runs_ahead)
            self._served = True
            self._go_ahead()
            return
        if self._open and self._look.sure:
            self._show(self._suggestion(_source(draft)), final=False)
        # After the budget nobody waits any more; what is still worked out serves the next keystroke.
        self._scheduler.want(self, self._deadline if self._open else Deadline.whenever())

    def _go_ahead(self) -> None:
        """Work out what the next keystrokes may ask for, with the time that nobody waits for.

        Where to look is found out when the model is free (`need`): the answer leaves first.
        """
        self._looked_ahead = False
        if self._ahead:
            self._scheduler.want(self, Deadline.whenever())

    def _foresee_soon(self, draft: Draft) -> None:
        """While the model works for this field or has nothing more to do for it, the time before the next key
        goes into the answers to the likeliest ones, one at a time, so that others' keystrokes go between.
        """
        if self._effort is Effort.ALL:
            taken = next_word(self._on_screen[1])
            self._coming = [*([taken] if taken else []), *draft.likely_letters()]
            self._foresee_next()

    def _foresee_next(self) -> None:
        self._stop_foreseeing()
        if self._coming:
            self._foreseeing = self._timers.call_at(self._timers.time(), self._foresee)

    def _foresee(self) -> None:
        assert self._draft is not None
        assert self._keystroke is not None
        before = self._keystroke.before + self._coming.pop(0)
        self._draft.foresee(replace(self._keystroke, before=before), self._left_on_screen(before))
        self._foresee_next()

    def _stop_foreseeing(self) -> None:
        if self._foreseeing is not None:
            self._foreseeing.cancel()
            self._foreseeing = None

    def _budget_is_up(self) -> None:
        self._timer = None
        if self._open:
            if self._served or self._look.chosen:
                self._show(self._suggestion(Source.BUDGET), final=True)
            else:
                self._say(OVERLOADED, final=True)
            if not self._running and not self._look.done:
                self._scheduler.want(self, Deadline.whenever())

    def _suggestion(self, source: Source) -> Suggestion:
        chosen = self._look.chosen
        if not chosen:
            return Suggestion.nothing(Reason.BUDGET if source is Source.BUDGET else Reason.UNLIKELY, source)
        best = chosen[0]
        return Suggestion(best.text, best.confidence, source, alternatives=tuple(chosen[1:]))

    def _show(self, suggestion: Suggestion, *, final: bool) -> None:
        assert self._keystroke is not None
        if suggestion.reason is not Reason.BUDGET:  # which says nothing of what is shown, so it stays
            self._on_screen = (self._keystroke.before[-TAIL:], suggestion.text)
        if suggestion.text:
            self._shown_at = self._word_start
        self._say(suggestion, final=final)

    def _drop_draft(self) -> None:
        self._stop_foreseeing()
        if self._draft is not None:
            self._draft.give_up()
            self._draft = None

    def _say(self, outcome: Suggestion | Failure, *, final: bool) -> None:
        assert self._keystroke is not None
        if final:
            self._open = False
            self._stop_timer()
        elapsed_ms = (self._timers.time() - self._arrived) * 1000.0
        self._reply(self._keystroke.seq, outcome, final=final, elapsed_ms=elapsed_ms)

    def _left_on_screen(self, before: str) -> str:
        """What the screen still shows after a key that agreed with it."""
        tail, text = self._on_screen
        for typed in range(len(text)):
            if before.endswith((tail + text[:typed])[-TAIL:]):
                return text[typed:]
        return ""

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _source(draft: Draft) -> Source:
    return Source.MODEL if draft.ran else Source.TREE


def _word_start(keystroke: Keystroke) -> str:
    """Names the place where the word in hand begins, also in a text that comes cut at its left."""
    return split(scalar_values(keystroke.before)).settled[-TAIL:]
