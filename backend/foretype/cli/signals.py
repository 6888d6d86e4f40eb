"""Ctrl-C and SIGTERM while something is at work."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from foretype.ending import INTERRUPTED, leave


@contextmanager
def asked_by_signals(ask: Callable[[], None]) -> Iterator[None]:
    """While it lasts, the first signal calls `ask`, which must return at once; the second raises
    KeyboardInterrupt.
    """
    asked = False

    def heard(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        ask()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, heard) for number in numbers}
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, before[number])


def leave_on_signals(loop: asyncio.AbstractEventLoop) -> None:
    """As long as the loop runs, the first signal ends the process, also while threads load a model."""
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # on Windows Ctrl-C is a KeyboardInterrupt, as ever
            loop.add_signal_handler(number, leave, INTERRUPTED)
