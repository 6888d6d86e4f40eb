"""How a server that is stopped closes its connections, so that its clients do not all return at once.

Each connection is closed at a time of its own, just after a final answer, and its client is told how long to
wait before it connects again. The spread of the waits is the "full jitter" of Marc Brooker's "Exponential
Backoff And Jitter" (AWS Architecture Blog, 2015).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from random import Random

from foretype.server.service import OpenConnection

RETURNS_PER_SECOND = 200
"""How many clients a second may connect again, to the other servers or to this one after its next start."""
LONGEST_WAIT_SECONDS = 10.0

Sleep = Callable[[float], Awaitable[None]]


async def close_all(
    connections: Iterable[OpenConnection],
    seconds: float,
    random: Random | None = None,
    sleep: Sleep = asyncio.sleep,
) -> None:
    """Close the connections at random times in the next `seconds`, and return when all are closed.

    If `seconds` is 0, all are closed at once, also if keystrokes have no answer yet. Then the waits of the
    clients are spread instead.
    """
    random = random or Random()
    all_open = list(connections)
    spread = max(0.0, min(LONGEST_WAIT_SECONDS, len(all_open) / RETURNS_PER_SECOND) - seconds)

    async def close(connection: OpenConnection, after: float, wait: float) -> None:
        if seconds > 0:
            # If this is cancelled, the client is not told. `Server.close` closes its socket anyway.
            await sleep(after)
            await connection.answered()
        await connection.leave(wait)

    closings = [close(one, random.uniform(0, seconds), random.uniform(0, spread)) for one in all_open]
    await asyncio.gather(*closings, return_exceptions=True)
