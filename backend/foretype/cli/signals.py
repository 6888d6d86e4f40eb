"""Ctrl-C and SIGTERM while something is at work that ends best at a place of its own choice."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


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
