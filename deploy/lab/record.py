"""What was seen over time: the numbers of the Deployment and of its autoscaler, and the people."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from rich.console import Console

from deploy.lab.api import Api, Manifest
from deploy.lab.people import People
from deploy.lab.release import NAME, NAMESPACE

AUTOSCALER = "/apis/autoscaling/v2beta2/namespaces/{}/horizontalpodautoscalers"
EACH_S = 15.0
"""A line is added so often, even if nothing has changed: this is how often the autoscaler decides."""


class Pods(NamedTuple):
    """Of the Deployment: the pods that it asks for, its pods, those of its newest version, and those that
    give suggestions.
    """

    wanted: int = 0
    there: int = 0
    updated: int = 0
    available: int = 0


NO_PODS = Pods()
WIDTH = 10
HEADINGS = " " * 18 + "".join(f"{one:>{WIDTH}}" for one in (*Pods._fields, "busy", "typing", "answered"))


@dataclass(frozen=True, slots=True)
class Line:
    """A moment. busy: the mean share of a replica's model that keystrokes take, as the autoscaler sees it;
    None if it has not seen it yet. answered: keystrokes so far.
    """

    at_s: float
    step: str
    pods: Pods = NO_PODS
    busy: float | None = None
    typing: int = 0
    answered: int = 0


class Record:
    """`follow` watches; `until` waits for what it sees. Each line is printed as soon as it is seen."""

    def __init__(self, console: Console, people: People) -> None:
        self.lines: list[Line] = []
        self._console = console
        self._people = people
        self._began = time.monotonic()
        self._now = Line(0.0, "start")
        self._changed = asyncio.Condition()
        console.print(HEADINGS, highlight=False, soft_wrap=True)

    async def step(self, name: str) -> int:
        """Begin a step. Returns the place of its first line."""
        await self._see(step=name)
        return len(self.lines) - 1

    async def until(self, done: Callable[[Line], bool], timeout_s: float) -> bool:
        """Wait until a line fulfils `done`. Returns False if that takes too long."""
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                await self._changed.wait_for(lambda: done(self._now))
        except TimeoutError:
            return False
        return True

    def least_available(self, begin: int) -> int:
        """The smallest number of available replicas since a line."""
        return min(line.pods.available for line in self.lines[begin:])

    async def follow(self, api: Api) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_deployment(api))
            tasks.create_task(self._follow_autoscaler(api))
            tasks.create_task(self._tick())

    async def _follow_deployment(self, api: Api) -> None:
        path = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
        async for found in api.watch(path, fieldSelector=f"metadata.name={NAME}"):
            for one in found.values():
                await self._see(pods=pods_of(one))

    async def _follow_autoscaler(self, api: Api) -> None:
        async for found in api.watch(AUTOSCALER.format(NAMESPACE)):
            for one in found.values():
                self._now = replace(self._now, busy=busy_of(one))

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(EACH_S)
            await self._see(always=True)

    async def _see(self, *, always: bool = False, step: str | None = None, pods: Pods | None = None) -> None:
        """Add a line if something has changed, or `always`."""
        before = self._now
        self._now = replace(
            before,
            at_s=time.monotonic() - self._began,
            step=before.step if step is None else step,
            pods=before.pods if pods is None else pods,
            typing=self._people.typing,
            answered=self._people.answered(),
        )
        if always or (self._now.step, self._now.pods) != (before.step, before.pods):
            self.lines.append(self._now)
            self._console.print(row(self._now), highlight=False, soft_wrap=True)
        async with self._changed:
            self._changed.notify_all()


def pods_of(deployment: Manifest) -> Pods:
    """A Deployment leaves out counts that are 0. Until its controller has read the newest version, no pod is
    of that version.
    """
    status: Mapping[str, int] = deployment.get("status", {})
    is_read = status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    return Pods(
        wanted=deployment["spec"]["replicas"],
        there=status.get("replicas", 0),
        updated=status.get("updatedReplicas", 0) if is_read else 0,
        available=status.get("availableReplicas", 0),
    )


def busy_of(autoscaler: Manifest) -> float | None:
    """The first of the autoscaler's figures."""
    seen = autoscaler.get("status", {}).get("currentMetrics") or []
    pods = [one["pods"]["current"].get("averageValue") for one in seen if one["type"] == "Pods"]
    return quantity(pods[0]) if pods and pods[0] else None


def quantity(written: str) -> float:
    """The number that a quantity without a unit is: `250m` is 0.25."""
    return float(written[:-1]) / 1000 if written.endswith("m") else float(written)


def row(line: Line) -> str:
    """The line below `HEADINGS`."""
    busy = "–" if line.busy is None else f"{100 * line.busy:.0f} %"
    numbers = (*line.pods, busy, line.typing, f"{line.answered:,}")
    return "".join((f"{line.at_s:5.0f} s  {line.step:9}", *(f"{one:>{WIDTH}}" for one in numbers)))
