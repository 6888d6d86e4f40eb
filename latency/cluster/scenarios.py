"""What happens to the servers while people type. Each scenario returns its course: when its phases were."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import aiohttp

from latency.replay.server_metrics import read_counters
from latency.several.machine import Machine
from latency.several.replica import Replica

NOTICED_S = 1.0
"""How long the next server waits, as in the systemd template: HAProxy notices meanwhile that one is ready."""
DOWN_S = 5.0
"""How long a killed server is down."""
KEYSTROKES = "foretype_keystrokes_taken_total"
KEYSTROKES_WATCHED_S = 15.0


@dataclass(frozen=True, slots=True)
class Durations:
    """In seconds: how long people type before something happens, and how long they type in the end."""

    calm: float
    settle: float


@dataclass(frozen=True, slots=True)
class Phase:
    """`begin` and `end`: seconds of the clock."""

    name: str
    begin: float
    end: float


@dataclass(slots=True)
class Course:
    phases: list[Phase] = field(default_factory=list)
    exit_codes: dict[str, list[int]] = field(default_factory=dict)
    """By what was done to the servers: `stopped` or `killed`."""
    keystrokes: Mapping[str, float] = field(default_factory=dict)
    """Of each server, in some seconds at the end."""

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.phases.append(Phase(name, begin, time.perf_counter()))

    def of(self, name: str) -> Phase:
        return next(phase for phase in self.phases if phase.name == name)

    def ended(self, how: str, code: int) -> None:
        self.exit_codes.setdefault(how, []).append(code)


async def roll(there: Machine, durations: Durations) -> Course:
    """A rolling restart of all servers. After a rest one of them, which has the most sockets, is killed, and
    started again.
    """
    course = Course()
    with course.phase("calm"):
        await asyncio.sleep(durations.calm)
    with course.phase("roll"):
        for replica in there.replicas:
            course.ended("stopped", await replica.stop())
            await _start(there, replica)
    with course.phase("rest"):
        await asyncio.sleep(durations.calm)
    with course.phase("kill"):
        busiest = await _busiest(there)
        await busiest.kill()
        course.ended("killed", busiest.exit_code)
        await asyncio.sleep(DOWN_S)
        await _start(there, busiest)
    with course.phase("settle"):
        await _settle(there, course, durations.settle)
    return course


async def grow(there: Machine, durations: Durations) -> Course:
    """The first server runs. The others are added at the same time."""
    course = Course()
    with course.phase("calm"):
        await asyncio.sleep(durations.calm)
    with course.phase("grow"):
        await asyncio.gather(*(replica.start() for replica in there.replicas[1:]))
        await there.proxy.until_up()
    with course.phase("settle"):
        await _settle(there, course, durations.settle)
    return course


async def _start(there: Machine, replica: Replica) -> None:
    await replica.start()
    await there.proxy.until_up()
    await asyncio.sleep(NOTICED_S)


async def _busiest(there: Machine) -> Replica:
    servers = await there.proxy.servers()
    return max(there.replicas, key=lambda replica: servers[replica.behind.name].sockets)


async def _settle(there: Machine, course: Course, seconds: float) -> None:
    """People go on typing; at the end the keystrokes of each server are counted."""
    await asyncio.sleep(max(0.0, seconds - KEYSTROKES_WATCHED_S))
    before = await _keystrokes(there)
    await asyncio.sleep(min(seconds, KEYSTROKES_WATCHED_S))
    after = await _keystrokes(there)
    course.keystrokes = {name: after[name] - before[name] for name in after}


async def _keystrokes(there: Machine) -> dict[str, float]:
    async with aiohttp.ClientSession() as http:
        counted = [await read_counters(http, replica.operations) for replica in there.replicas]
    names = [replica.behind.name for replica in there.replicas]
    return {name: _of_all_models(counters) for name, counters in zip(names, counted, strict=True)}


def _of_all_models(counters: Mapping[tuple[str, ...], float]) -> float:
    return sum(value for (name, *_), value in counters.items() if name == KEYSTROKES)
