"""How busy the model is with keystrokes, and what is given up as it gets busier."""

from __future__ import annotations

import math
from enum import IntEnum

from foretype.support.clock import Timers

HORIZON_S = 1.0  # what happened this long ago counts about a third
BUSY, FULL, OVERFULL = 0.3, 0.5, 0.75
SPARED_S = 60.0  # for which nothing is done ahead after a run that found no memory


class Effort(IntEnum):
    """What is done for a keystroke. Speculation goes first, then the length of suggestions.

    What comes after these is not an effort: a keystroke for which the model found no time at all is told so
    (`overloaded`).
    """

    BRIEF = 0  # one word, nothing ahead
    NOTHING_AHEAD = 1
    LITTLE_AHEAD = 2  # one run
    ALL = 3

    def runs_ahead(self, most: int) -> int:
        return (0, 0, min(1, most), most)[self]


class Pressure:
    """The share of the time, 0 to 1, that the model spent on keystrokes, as an average that forgets."""

    def __init__(self, timers: Timers) -> None:
        self._timers = timers
        self._share = 0.0
        self._at = timers.time()
        self._spared_until = -math.inf

    @property
    def share(self) -> float:
        return self._share * self._kept_since(self._at)

    @property
    def effort(self) -> Effort:
        share = self.share
        effort = Effort((share < BUSY) + (share < FULL) + (share < OVERFULL))
        return effort if self._timers.time() >= self._spared_until else min(effort, Effort.NOTHING_AHEAD)

    def worked(self, since: float) -> None:
        """The model has worked for keystrokes from then, a time on the timers' clock, until now."""
        self._share = self.share + 1.0 - self._kept_since(since)
        self._at = self._timers.time()

    def spare(self) -> None:
        """The model found no memory: for a while it does only what somebody waits for."""
        self._spared_until = self._timers.time() + SPARED_S

    def _kept_since(self, then: float) -> float:
        return math.exp(-(self._timers.time() - then) / HORIZON_S)
