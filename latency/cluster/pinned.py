"""The number of people that one server on one core serves, two servers on two cores, and one on both cores.

The programs that type need processor time, too. Each server shares its core with a crowd of people who type
at HAProxy, and HAProxy runs on the same cores. One core therefore carries one server and the typing of its
people, and two cores carry twice as much if nothing is lost. A server on both cores has two threads for its
model; the same people type at it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass

import aiohttp
from rich.console import Console

from latency.capacity.load_step import LoadStep
from latency.cluster.crowd_process import CrowdProcess, Typing
from latency.cluster.others import Others
from latency.errors import MeasurementError
from latency.gpu.crowd_search import next_crowd
from latency.replay.connection import Connection
from latency.replay.figures import answers
from latency.replay.usage import Meter
from latency.several.machine import Machine, several

FIRST = 8  # people at each server in the first step
CORES = 2


@dataclass(frozen=True, slots=True)
class Layout:
    """Servers on cores. key: in the names of the figures. groups: the cores of each server."""

    key: str
    label: str
    groups: Sequence[Sequence[int]]

    @property
    def cores(self) -> list[int]:
        return [core for group in self.groups for core in group]


@dataclass(frozen=True, slots=True)
class Pinned:
    texts: Sequence[str]
    wpm: float
    hold_s: float
    settings: Mapping[str, str]


async def measure_pinned(plan: Pinned, console: Console) -> tuple[dict[str, float | None], dict[str, object]]:
    """The figures by the names of `budget.toml`, and the record for the JSON file. Raises
    `MeasurementError`.
    """
    layouts = _layouts(_cores())
    others = Others()
    served: dict[str, int] = {}
    steps: dict[str, list[dict[str, object]]] = {}
    for layout in layouts:
        found = await _search(plan, layout, console)
        served[layout.key] = max((step.typists for step, is_served in found if is_served), default=0)
        steps[layout.key] = [
            asdict(step) | {"served": is_served, "flat": step.flat()} for step, is_served in found
        ]
    flat: dict[str, float | None] = {f"typists_{key}": float(many) for key, many in served.items()}
    flat["others_cores"] = others.cores()
    if served["1"]:
        flat["typists_ratio"] = served["2"] / (CORES * served["1"])
    return flat, {"flat": flat, "steps": steps}


def print_pinned(flat: Mapping[str, float | None], console: Console) -> None:
    for layout in _layouts(range(CORES)):
        console.print(f"{layout.label}: {flat[f'typists_{layout.key}']:.0f} people", highlight=False)
    console.print(f"Other programs kept {flat['others_cores']:.2f} cores busy.", highlight=False)
    ratio = flat.get("typists_ratio")
    if ratio is not None:
        console.print(
            f"{CORES} servers serve {ratio:.2f} of {CORES} times as many people as 1.", highlight=False
        )


def _layouts(cores: Sequence[int]) -> list[Layout]:
    first, second = cores[:CORES]
    return [
        Layout("1", "1 server on 1 core", [[first]]),
        Layout("2", "2 servers on 2 cores, one each", [[first], [second]]),
        Layout("both", "1 server on 2 cores", [[first, second]]),
    ]


def _cores() -> list[int]:
    """Raises `MeasurementError` if there are too few, or if a process cannot be bound to one."""
    if not hasattr(os, "sched_getaffinity"):
        raise MeasurementError("Processes can be bound to a core on Linux only.")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < CORES:
        raise MeasurementError(f"{CORES} cores are needed, and this machine has {len(cores)}.")
    return cores


async def _search(plan: Pinned, layout: Layout, console: Console) -> list[tuple[LoadStep, bool]]:
    """Steps with more and fewer people, until the largest number that is served is known. Each with whether
    it was served.
    """
    settings = {**plan.settings, "FORETYPE_THREADS": str(len(layout.groups[0]))}
    async with AsyncExitStack() as ending:
        there = await ending.enter_async_context(several(len(layout.groups), settings, cores=layout.groups))
        budget_ms = await _budget_ms(there)
        crowds = []
        for core in layout.cores:
            typing = Typing(
                there.proxy.address, there.token, plan.texts, plan.wpm, plan.hold_s, budget_ms, seed=core
            )
            crowd = await CrowdProcess.start(typing, core)
            ending.push_async_callback(crowd.kill)
            crowds.append(crowd)
        tried: dict[int, bool] = {}
        found = []
        while (each := next_crowd(tried, FIRST)) is not None:
            step = await _step(there, crowds, each, plan.hold_s, budget_ms)
            tried[each] = step.served(budget_ms)
            found.append((step, tried[each]))
            _say(step, layout, console, is_served=tried[each])
        return found


async def _budget_ms(there: Machine) -> float:
    async with (
        aiohttp.ClientSession() as http,
        Connection(http, there.proxy.address, there.token) as connection,
    ):
        return connection.welcome.budget_ms


async def _step(
    there: Machine, crowds: Sequence[CrowdProcess], each: int, hold_s: float, budget_ms: float
) -> LoadStep:
    """Processor time is read for the whole step, of which the ramp is a part."""
    loop = asyncio.get_running_loop()
    meters = [Meter(replica.pid) for replica in there.replicas]
    began = loop.time()
    typed = await asyncio.gather(*(crowd.step(each) for crowd in crowds))
    took = loop.time() - began
    return LoadStep(
        each * len(crowds),
        answers([one for part in typed for one in part.keystrokes], budget_ms=budget_ms),
        sum(part.lost for part in typed),
        sum(meter.read(0).cpu_s for meter in meters) / took,
        [sum(meter.rss_mb() for meter in meters)],
        sum(part.cpu_share for part in typed),
    )


def _say(step: LoadStep, layout: Layout, console: Console, *, is_served: bool) -> None:
    p95 = step.answers.final.p95
    console.print(
        f"{layout.label}, {step.typists} people: p95 {p95 or 0:.0f} ms, {step.refused} refused, "
        f"{'served' if is_served else 'not served'}; cores busy: servers {step.server_cpu_share:.2f}, typing "
        f"{step.own_cpu_share:.2f}",
        highlight=False,
    )
