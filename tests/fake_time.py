"""Time that a test moves by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class FakeTimer:
    when: float
    callback: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class FakeTimers:
    """Implements `foretype.support.clock.Timers`."""

    now: float = 100.0
    timers: list[FakeTimer] = field(default_factory=list)

    @property
    def pending(self) -> int:
        return sum(not timer.cancelled for timer in self.timers)

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], None], /) -> FakeTimer:
        timer = FakeTimer(when, callback)
        self.timers.append(timer)
        return timer

    def advance(self, milliseconds: float) -> None:
        self.now += milliseconds / 1000.0
        for timer in list(self.timers):
            if not timer.cancelled and timer.when <= self.now:
                timer.cancelled = True
                timer.callback()


class FakeClock:
    """A clock that moves only when a test sets `now`, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now
