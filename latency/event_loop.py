"""The event loop of the measurements: a fast one, so that the typing program itself takes little time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")


def run(measurement: Coroutine[None, None, T]) -> T:
    """Like `asyncio.run`, with uvloop if it is installed."""
    try:
        import uvloop
    except ImportError:  # there is no uvloop for Windows
        return asyncio.run(measurement)
    return uvloop.run(measurement)
