"""Ctrl-C and SIGTERM: for work that must finish its current step, and for work that may end at once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from foretype.support.ending import INTERRUPTED, leave


@contextmanager
def first_signal_calls(ask: Callable[[], None]) -> Iterator[None]:
    """Inside the `with` block the first signal calls `ask`, which must return at once. The second raises
    KeyboardInterrupt.
    """
    asked = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        ask()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, before[number])


def leave_on_interrupt() -> None:
    """From now on, Ctrl-C ends the process at once, until an event loop gets a handler of its own.

    Python's own handler raises KeyboardInterrupt between any two operations of the main thread. If that
    happens inside `threading.Event.wait` or an import, locks may be left in the wrong state: the thread then
    raises another error, or waits for ever.
    """
    signal.signal(signal.SIGINT, lambda number, frame: leave(INTERRUPTED))


def leave_on_signals(loop: asyncio.AbstractEventLoop) -> None:
    """As long as the loop runs, the first signal ends the process, also while threads load a model."""
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # on Windows Ctrl-C raises KeyboardInterrupt
            loop.add_signal_handler(number, leave, INTERRUPTED)
