"""Times runs of all peers in rounds, so that other work on the machine slows down all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from latency.peers.figures import Samples
from latency.peers.peer_process import PeerFailedError, PeerProcess

STEPS = 8  # of each peer in a round
BRANCHES = 4  # runs with eight continuations, of each peer in a round
SETTLE_S = 0.3  # before a peer runs: idle threads of the last peer stop spinning in this time


@dataclass(frozen=True, slots=True)
class RunText:
    """Token ids: those of the first pass, the token after it, and eight that could follow it instead."""

    first: Sequence[int]
    next: int
    eight: Sequence[int]


class ActivePeers:
    """The peers, without those that have failed. The samples of a peer that failed are kept."""

    def __init__(self, processes: Sequence[PeerProcess]) -> None:
        self.samples = {process.name: Samples(about=process.about) for process in processes}
        self.failed: dict[str, str] = {}
        self._drivers = list(processes)

    async def each(self, do: Callable[[PeerProcess, Samples], Awaitable[None]]) -> None:
        """Calls `do` with each peer that has not failed, one after the other, after a pause."""
        for process in self._drivers:
            if process.name in self.failed:
                continue
            await asyncio.sleep(SETTLE_S)
            try:
                await do(process, self.samples[process.name])
            except PeerFailedError as error:
                self.failed[process.name] = error.reason


async def measure_quality(
    active: ActivePeers, ids: Sequence[int], given: int, passes_only: Collection[str]
) -> None:
    """Reads `ids` in one pass and token by token. The slow peers `passes_only` read them only in one pass."""

    async def read(process: PeerProcess, samples: Samples) -> None:
        text: dict[str, Any] = {"ids": list(ids), "given": given}
        if "nats" in process.does:
            samples.nats = await process.ask("nats", **text)
        if "nats_stepwise" in process.does and process.name not in passes_only:
            samples.nats_stepwise = await process.ask("nats_stepwise", **text)

    await active.each(read)


async def measure_runs(active: ActivePeers, text: RunText, rounds: int, progress: Callable[[], None]) -> None:
    """`progress` is called after each round."""

    async def run(process: PeerProcess, samples: Samples) -> None:
        ids = list(text.first)
        await process.ask("prefill", ids=ids)  # does not count: the caches still hold the last peer's weights
        samples.prefill.append(await process.ask("prefill", ids=ids))
        samples.steps += await process.ask("steps", ids=ids, token=text.next, times=STEPS)
        if "branches" in process.does:
            samples.branches += await process.ask(
                "branches", ids=ids, tokens=list(text.eight), times=BRANCHES
            )

    for _ in range(rounds):
        await active.each(run)
        progress()
