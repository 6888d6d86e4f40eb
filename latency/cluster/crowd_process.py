"""A crowd of `latency.capacity` in a process of its own, which can be bound to a core.

For each line with a number on standard input, that many people type for some time. The answer is one line of
JSON, without texts. The clock of all processes is the same, because on Linux it counts from the boot.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from os import getpid
from typing import Any

import aiohttp

from latency.capacity.crowd import Crowd
from latency.capacity.load_step import LAST_ANSWERS_S
from latency.event_loop import run
from latency.paths import ROOT
from latency.replay.ledger import SentKeystroke
from latency.replay.type_text import Manner
from latency.replay.usage import Meter
from latency.several.haproxy import on_cores

RAMP_S = 5.0


@dataclass(frozen=True, slots=True)
class Typing:
    """What a process is told when it starts. All crowds of a measurement have different seeds."""

    address: str
    token: str
    texts: Sequence[str]
    wpm: float
    hold_s: float
    budget_ms: float
    seed: int


@dataclass(frozen=True, slots=True)
class Typed:
    """What a crowd has seen in one step. cpu_share: of one core."""

    keystrokes: list[SentKeystroke]
    lost: int
    cpu_share: float


class CrowdProcess:
    """Started by `start`. It ends when it is killed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, typing: Typing, core: int) -> CrowdProcess:
        process = await asyncio.create_subprocess_exec(
            *on_cores([core]),
            *(sys.executable, "-m", "latency.cluster.crowd_process"),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=64 * 1024 * 1024,
        )
        crowd = cls(process)
        crowd._write(asdict(typing))
        return crowd

    async def step(self, typists: int) -> Typed:
        """So many people type for the time of a step."""
        self._write(typists)
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        found: dict[str, Any] = json.loads(line)
        keystrokes = [SentKeystroke(**one) for one in found["keystrokes"]]
        return Typed(keystrokes, found["lost"], found["cpu_share"])

    async def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def _write(self, what: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")


async def _main() -> None:
    loop = asyncio.get_running_loop()
    typing = Typing(**json.loads(await loop.run_in_executor(None, sys.stdin.readline)))
    manner = Manner(typing.wpm, kind="email", seed=typing.seed)
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
        Crowd(http, typing.address, typing.token, typing.texts, manner) as crowd,
    ):
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            print(json.dumps(await _step(crowd, json.loads(line), typing)), flush=True)


async def _step(crowd: Crowd, typists: int, typing: Typing) -> dict[str, object]:
    crowd.shrink(typists)
    await crowd.grow(typists, RAMP_S)
    meter = Meter(getpid())
    begin = time.perf_counter()
    await asyncio.sleep(typing.hold_s)
    end = time.perf_counter()
    cpu_share = meter.read(0).cpu_s / (end - begin)
    await asyncio.sleep(typing.budget_ms / 1000 + LAST_ANSWERS_S)
    crowd.check()
    return {
        "keystrokes": [asdict(one) for one in crowd.keystrokes(begin, end)],
        "lost": sum(begin <= at < end for at in crowd.lost),
        "cpu_share": cpu_share,
    }


if __name__ == "__main__":
    run(_main())
