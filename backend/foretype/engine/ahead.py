"""A field's work ahead of its next keystroke: model runs, and answers to the most probable keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from foretype.engine.keystroke import Keystroke
from foretype.engine.on_screen import OnScreen
from foretype.engine.pressure import Effort
from foretype.engine.tree.draft import Draft
from foretype.engine.words import next_word
from foretype.support.clock import Timer, Timers


class Ahead:
    """Owned by its field, on the event loop. It changes no answer, only how soon the next one is there
    (docs/decisions/0008-running-ahead.md).
    """

    def __init__(
        self, on_screen: OnScreen, timers: Timers, most_runs: int, frugal: Callable[[], bool]
    ) -> None:
        """`most_runs`: model runs after one keystroke, if the model is not busy. `frugal`: whether to save
        energy now.
        """
        self._frugal = frugal
        self._on_screen = on_screen
        self._timers = timers
        self._most_runs = most_runs
        self._effort = Effort.ALL
        self._runs_left = 0
        self._reads = False  # whether what stands before the user's text is read
        self._searched = False  # whether the draft knows what the next run is for
        self._coming: list[str] = []  # texts that may be typed or taken next and have no answer yet
        self._timer: Timer | None = None  # for the next of them

    def reset(self, effort: Effort) -> None:
        """A keystroke has arrived: all planned work is dropped. `effort` is the work that may be done after
        this one.
        """
        self.stop()
        self._effort = effort

    def start(self) -> None:
        """The keystroke has its answer: model runs may now be made for the next one."""
        self._runs_left = self._effort.runs_ahead(self._most_runs)
        self._searched = False

    def read_beginning(self) -> None:
        """The field is still empty: what stands before its text may be read until a keystroke arrives. It is
        not if the server saves energy: many fields get the focus and no text.
        """
        self._reads = self._effort.runs_ahead(self._most_runs) > 0 and not self._frugal()

    def stop(self) -> None:
        self._runs_left = 0
        self._reads = False
        self._coming = []
        self._stop_timer()

    @property
    def wants_runs(self) -> bool:
        return self._reads or self._runs_left > 0

    def prepare_run(self, draft: Draft, keystroke: Keystroke) -> bool:
        """Find out what the next run is for. False if no run is to be made."""
        if self._reads:
            self._reads = draft.want_beginning()
            return self._reads
        if self._runs_left and not self._searched:
            self._searched = True
            lacking = draft.search_ahead(frugal=self._frugal())
            self._foresee_soon(draft, keystroke)
            if not lacking:
                self._runs_left = 0
        return self._runs_left > 0

    def ran(self, draft: Draft, keystroke: Keystroke, *, asked_for: bool) -> None:
        """A run has ended. `asked_for` is False if it was made for an older keystroke: it does not count."""
        if self._reads:
            return
        self._runs_left -= asked_for
        self._searched = False
        if not self._runs_left:
            self._foresee_soon(draft, keystroke)

    def _foresee_soon(self, draft: Draft, keystroke: Keystroke) -> None:
        """Work out the answers to the likeliest keys while the model runs, or after its last run: one answer
        a turn of the event loop, so that keystrokes of other fields go between. Most of these answers are
        never asked for, so there are none if the server saves energy.
        """
        if self._effort is Effort.ALL and not self._frugal():
            taken = next_word(self._on_screen.text)
            self._coming = [*([taken] if taken else []), *draft.likely_letters()]
            self._foresee_next(draft, keystroke)

    def _foresee_next(self, draft: Draft, keystroke: Keystroke) -> None:
        self._stop_timer()
        if self._coming:
            foresee = partial(self._foresee, draft, keystroke)
            self._timer = self._timers.call_at(self._timers.time(), foresee)

    def _foresee(self, draft: Draft, keystroke: Keystroke) -> None:
        before = keystroke.before + self._coming.pop(0)
        draft.foresee(replace(keystroke, before=before), self._on_screen.rest_after(before))
        self._foresee_next(draft, keystroke)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
