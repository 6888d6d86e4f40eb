"""Each peer's runs, some of everybody's in each round, so that what disturbs the machine hits all alike."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from latency.peers.child import Driver, PeerFailedError
from latency.peers.figures import Samples

STEPS = 8  # of each peer a round
BRANCHES = 4
SETTLE_S = 0.3  # after another peer has run: its idle threads stop spinning meanwhile


@dataclass(frozen=True, slots=True)
class RunText:
    """Token ids: the first pass, the token after it, and eight that might come after it."""

    first: Sequence[int]
    next: int
    eight: Sequence[int]


class Race:
    """The peers still in the race. One that fails is out, and what it had shown so far is kept."""

    def __init__(self, drivers: Sequence[Driver]) -> None:
        self.samples = {driver.name: Samples(about=driver.about) for driver in drivers}
        self.failed: dict[str, str] = {}
        self._drivers = list(drivers)

    async def each(self, do: Callable[[Driver, Samples], Awaitable[None]]) -> None:
        """One after another, each given time to find the machine quiet."""
        for driver in self._drivers:
            if driver.name in self.failed:
                continue
            await asyncio.sleep(SETTLE_S)
            try:
                await do(driver, self.samples[driver.name])
            except PeerFailedError as error:
                self.failed[driver.name] = error.reason


async def measure_quality(race: Race, ids: Sequence[int], given: int, passes_only: Collection[str]) -> None:
    """In one pass and token by token; the latter not for the slow peers `passes_only`."""

    async def read(driver: Driver, samples: Samples) -> None:
        text: dict[str, Any] = {"ids": list(ids), "given": given}
        if "nats" in driver.does:
            samples.nats = await driver.ask("nats", **text)
        if "nats_stepwise" in driver.does and driver.name not in passes_only:
            samples.nats_stepwise = await driver.ask("nats_stepwise", **text)

    await race.each(read)


async def measure_runs(race: Race, text: RunText, rounds: int, progress: Callable[[], None]) -> None:
    """`progress` follows each round."""

    async def run(driver: Driver, samples: Samples) -> None:
        ids = list(text.first)
        await driver.ask("prefill", ids=ids)  # not counted: the other peer's weights are in the caches
        samples.prefill.append(await driver.ask("prefill", ids=ids))
        samples.steps += await driver.ask("steps", ids=ids, token=text.next, times=STEPS)
        if "branches" in driver.does:
            samples.branches += await driver.ask("branches", ids=ids, tokens=list(text.eight), times=BRANCHES)

    for _ in range(rounds):
        await race.each(run)
        progress()
