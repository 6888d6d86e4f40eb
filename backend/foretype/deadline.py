"""Deadlines: nothing in Foretype waits without one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], float]
"""Seconds from any fixed point, monotonic; tests pass a fake one."""


@dataclass(frozen=True, slots=True, order=True)
class Deadline:
    """A moment on a clock, in that clock's seconds."""

    at: float

    @classmethod
    def after(cls, milliseconds: float, clock: Clock) -> Deadline:
        return cls(clock() + milliseconds / 1000.0)

    def remaining(self, clock: Clock) -> float:
        """Seconds left; 0 when it has passed."""
        return max(0.0, self.at - clock())

    def passed(self, clock: Clock) -> bool:
        return clock() >= self.at
