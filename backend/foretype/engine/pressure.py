"""The load of the model by keystrokes, and how much work each keystroke gets under that load."""

from __future__ import annotations

import math
from enum import IntEnum

from foretype.support.clock import Timers

HORIZON_S = 1.0  # work that was done this long ago counts for about a third (1/e)
BUSY, FULL, OVERFULL = 0.3, 0.5, 0.75  # shares of the time: at each, the effort is reduced
SPARED_S = 60.0  # after a run without memory, nothing is done ahead for this time


class Effort(IntEnum):
    """The amount of work for a keystroke. As the model gets busier, first the work ahead is reduced, then the
    length of suggestions. A keystroke that the model has no time for at all gets the error `overloaded`.
    """

    BRIEF = 0  # one word, nothing ahead
    NOTHING_AHEAD = 1
    LITTLE_AHEAD = 2  # one run
    ALL = 3

    def runs_ahead(self, most: int) -> int:
        return (0, 0, min(1, most), most)[self]


class Pressure:
    """The share of the time, 0 to 1, that the model spent on keystrokes: an exponential moving average."""

    def __init__(self, timers: Timers, least: Effort = Effort.BRIEF) -> None:
        """`least`: the effort is never lower, however busy the model is."""
        self._timers = timers
        self._least = least
        self._share = 0.0
        self._at = timers.time()
        self._spared_until = -math.inf

    @property
    def share(self) -> float:
        return self._share * self._kept_since(self._at)

    @property
    def effort(self) -> Effort:
        share = self.share
        effort = max(self._least, Effort((share < BUSY) + (share < FULL) + (share < OVERFULL)))
        return effort if self._timers.time() >= self._spared_until else min(effort, Effort.NOTHING_AHEAD)

    def worked(self, since: float) -> None:
        """The model has worked for keystrokes from `since`, a time on the timers' clock, until now."""
        self._share = self.share + 1.0 - self._kept_since(since)
        self._at = self._timers.time()

    def spare(self) -> None:
        """The model ran out of memory: for SPARED_S, nothing is done ahead."""
        self._spared_until = self._timers.time() + SPARED_S

    def _kept_since(self, then: float) -> float:
        return math.exp(-(self._timers.time() - then) / HORIZON_S)
