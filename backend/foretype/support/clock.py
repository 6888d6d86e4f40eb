"""Time as the code asks for it, so that tests can pass a clock that they move by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Clock = Callable[[], float]
"""Seconds from any fixed point, monotonic; tests pass a fake one."""


class Timer(Protocol):
    """A call that is planned and can still be cancelled."""

    def cancel(self) -> None: ...


class Timers(Protocol):
    """An asyncio event loop, which has these methods, or in tests a clock that they move by hand."""

    def time(self) -> float:
        """Seconds from any fixed point, monotonic."""

    def call_at(self, when: float, callback: Callable[[], None], /) -> Timer:
        """Call `callback` once `time()` has reached `when`."""
