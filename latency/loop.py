"""The event loop that measurements run on: what types and listens must not be what takes the time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")


def run(measuring: Coroutine[None, None, T]) -> T:
    """As `asyncio.run`, on uvloop where there is one."""
    try:
        import uvloop
    except ImportError:  # Windows has none
        return asyncio.run(measuring)
    return uvloop.run(measuring)
