"""Deadlines: nothing in Foretype waits without one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Timer(Protocol):
    """Something that was put off, and can still be called off."""

    def cancel(self) -> None: ...


Clock = Callable[[], float]
"""Seconds from any fixed point, monotonic; tests pass a fake one."""


class Timers(Protocol):
    """Time as an asyncio event loop keeps it, which is one; tests pass a clock that they move by hand."""

    def time(self) -> float:
        """Seconds from any fixed point, monotonic."""

    def call_at(self, when: float, callback: Callable[[], None], /) -> Timer:
        """Call `callback` once `time()` has reached `when`."""


@dataclass(frozen=True, slots=True, order=True)
class Deadline:
    """A moment on a clock, in that clock's seconds."""

    at: float

    @classmethod
    def after(cls, milliseconds: float, timers: Timers) -> Deadline:
        return cls(timers.time() + milliseconds / 1000.0)

    @classmethod
    def whenever(cls) -> Deadline:
        """For work that nobody waits for: it comes after everything that has a real deadline."""
        return cls(math.inf)

    @property
    def is_real(self) -> bool:
        """Whether anybody waits."""
        return self.at < math.inf
