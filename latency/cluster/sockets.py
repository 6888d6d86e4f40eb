"""The sockets of each server over time, as HAProxy counts them, and how even they are."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from latency.several.haproxy import HAProxy

EVERY_S = 1.0
EVEN = 0.3
"""Sockets are even if each server has this part of the even number more or less, at most."""


@dataclass(frozen=True, slots=True)
class Sample:
    """`sockets`: by the names of the servers. `at`: seconds of the clock."""

    at: float
    sockets: Mapping[str, int]

    def shares(self) -> tuple[float, float]:
        """The fewest and the most sockets of a server, divided by the even number; 1 and 1 without any."""
        even = sum(self.sockets.values()) / max(1, len(self.sockets))
        if even == 0:
            return 1.0, 1.0
        return min(self.sockets.values()) / even, max(self.sockets.values()) / even

    @property
    def is_even(self) -> bool:
        fewest, most = self.shares()
        return fewest >= 1 - EVEN and most <= 1 + EVEN


def even_from(samples: Sequence[Sample], since: float) -> float | None:
    """How many seconds after `since` the sockets became even and stayed so. None if they did not."""
    uneven = [sample.at for sample in samples if not sample.is_even]
    after = [sample.at for sample in samples if sample.at >= since and (not uneven or sample.at > uneven[-1])]
    return after[0] - since if after else None


@asynccontextmanager
async def sockets_at(proxy: HAProxy) -> AsyncIterator[list[Sample]]:
    """Samples that are taken every second while the block runs."""
    samples: list[Sample] = []
    task = asyncio.create_task(_take(proxy, samples))
    try:
        yield samples
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _take(proxy: HAProxy, samples: list[Sample]) -> None:
    while True:
        servers = await proxy.servers()
        sockets = {name: state.sockets for name, state in servers.items()}
        samples.append(Sample(time.perf_counter(), sockets))
        await asyncio.sleep(EVERY_S)
