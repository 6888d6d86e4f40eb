"""Simulated time: calls are made in the order of their times, and nothing waits."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count


@dataclass(slots=True, order=True)
class SimulatedTimer:
    """Calls planned for the same moment are made in the order in which they were planned."""

    when: float
    number: int
    callback: Callable[[], None] | None = field(compare=False)

    def cancel(self) -> None:
        self.callback = None


class SimulatedTime:
    """Implements `foretype.support.clock.Timers`."""

    def __init__(self) -> None:
        self._now = 0.0
        self._planned: list[SimulatedTimer] = []
        self._numbers = count()

    def time(self) -> float:
        return self._now

    def call_at(self, when: float, callback: Callable[[], None], /) -> SimulatedTimer:
        timer = SimulatedTimer(max(when, self._now), next(self._numbers), callback)
        heapq.heappush(self._planned, timer)
        return timer

    def run_until(self, end: float) -> None:
        """Make all calls that are planned for a time before `end`, also those that are planned meanwhile."""
        while self._planned and self._planned[0].when < end:
            timer = heapq.heappop(self._planned)
            if timer.callback is not None:
                self._now = timer.when
                timer.callback()
        self._now = end
