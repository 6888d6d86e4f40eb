"""How evenly sockets are spread over servers, and how that changes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from rich.console import Console

from latency.several.haproxy import HAProxy

APART_S = 10.0


def evenness(sockets: Mapping[str, int]) -> dict[str, float]:
    """The sockets of the fullest and of the emptiest server, divided by an even part."""
    even = sum(sockets.values()) / len(sockets)
    return {
        "sockets_most_ratio": max(sockets.values()) / even,
        "sockets_least_ratio": min(sockets.values()) / even,
    }


async def watch_sockets(proxy: HAProxy, seconds: float, console: Console) -> dict[str, int]:
    """Print the sockets of each server every ten seconds. Returns the last ones."""
    began = time.perf_counter()
    while True:
        sockets = await proxy.sockets()
        past = time.perf_counter() - began
        counts = "  ".join(f"{name} {count:3}" for name, count in sockets.items())
        console.print(f"sockets after {past:4.0f} s:  {counts}", highlight=False)
        if past >= seconds:
            return sockets
        await asyncio.sleep(min(APART_S, seconds - past + 0.001))
