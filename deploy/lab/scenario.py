"""The chart is tried in a cluster: install, update, let a pod go, scale up, scale down, uninstall."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from deploy.lab.api import RefusedError
from deploy.lab.balancer import Balancer
from deploy.lab.cluster import Cluster, meanwhile
from deploy.lab.errors import LabError
from deploy.lab.people import People
from deploy.lab.record import Line, Pods, Record
from deploy.lab.release import NAME, NAMESPACE, Release
from foretype.server.token_folder import TokenFolder
from latency.paths import ROOT
from latency.replay.server import free_ports

LEAST, MOST = 3, 6
HOUR_S = 3600.0
TEXT_CHARS = 2000
EVICT_ATTEMPTS = 60
CREATED, REFUSED = 201, 429
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"


@dataclass(frozen=True, slots=True)
class Setup:
    """target: of the busy share. people: who type while the release scales up; a sixth of them type while it
    is updated. calm_s: the autoscaler's scaleDownSeconds.
    """

    model: str
    people: int
    target: float
    calm_s: int
    timeout_s: float


@dataclass(slots=True)
class Expectations:
    console: Console
    failed: list[str] = field(default_factory=list)

    def expect(self, holds: bool, sentence: str) -> None:
        self.console.print(f"[{'green' if holds else 'bold red'}]{'yes' if holds else 'NO '}[/] {sentence}")
        if not holds:
            self.failed.append(sentence)


def values_of(setup: Setup, port: int, keys: str) -> dict[str, Any]:
    """The chart's values. port: under which browsers reach the release. keys: content of keys.json."""
    return {
        "image": {"repository": "lab.invalid/foretype"},
        "model": {"name": setup.model},
        "hosts": [f"127.0.0.1:{port}"],
        "cores": 1,
        "memory": "1Gi",
        "drainSeconds": 5,
        "preStopSeconds": 2,
        "tokens": {"keys": keys},
        "replicas": LEAST,
    }


def autoscaling(setup: Setup) -> dict[str, Any]:
    """The values of an autoscaler."""
    return {
        "kind": "hpa",
        "min": LEAST,
        "max": MOST,
        "busyTarget": setup.target,
        "scaleDownSeconds": setup.calm_s,
    }


def all_are(count: int) -> Callable[[Line], bool]:
    """A condition of a line: so many replicas are wanted, and exactly these are there, new and available."""
    return lambda line: line.pods == Pods(count, count, count, count)


async def play(cluster: Cluster, helm: Path, folder: Path, setup: Setup, console: Console) -> bool:
    """The whole scenario. Returns whether all expectations held. Raises `LabError`."""
    (port,) = free_ports(1)
    tokens = TokenFolder(folder / "tokens")
    minted = [tokens.mint("lab", f"person {number}", HOUR_S)[0] for number in range(setup.people)]
    values = values_of(setup, port, tokens.keys.read_text("utf-8"))
    release = Release(helm, cluster.kubeconfig, folder, values)
    balancer = Balancer(cluster.api, port, NAMESPACE, NAME)
    async with People(f"http://127.0.0.1:{port}", minted, texts()) as people:
        record = Record(console, people)
        steps = _Steps(cluster, release, people, balancer, record, setup, Expectations(console))
        async with meanwhile([balancer.run(), record.follow(cluster.api)]):
            for step in (
                steps.install,
                steps.update,
                steps.evict,
                steps.autoscale,
                steps.load,
                steps.calm,
                steps.end,
            ):
                await step()
    return not steps.expectations.failed


class _Steps:
    """Each step begins where the one before has ended."""

    def __init__(
        self,
        cluster: Cluster,
        release: Release,
        people: People,
        balancer: Balancer,
        record: Record,
        setup: Setup,
        expectations: Expectations,
    ) -> None:
        self.expectations = expectations
        self._cluster = cluster
        self._release = release
        self._people = people
        self._balancer = balancer
        self._record = record
        self._setup = setup

    async def install(self) -> None:
        await self._record.step("install")
        await self._release.install()
        await self._reached(LEAST, f"{LEAST} of {LEAST} replicas became available")

    async def update(self) -> None:
        """With people who type, so that it also shows whether a keystroke was lost."""
        self._people.come(self._setup.people // 6)
        await self._answers()
        before = await self._pods()
        begin = await self._record.step("update")
        await self._release.upgrade(drainSeconds=6)
        await self._left(LEAST)
        await self._reached(LEAST, "the update ended")
        least = self._record.least_available(begin)
        expect = self.expectations.expect
        expect(least >= LEAST, f"at least {least} replicas were available throughout the update")
        expect(before.keys().isdisjoint(await self._pods()), "the update replaced all pods")
        await self._answers()
        await self._people.leave()
        cut, slowest = self._people.cut(), self._people.slowest_s()
        expect(cut == 0, f"{cut} sockets ended without notice; the slowest keystroke took {slowest:.2f} s")

    async def evict(self) -> None:
        """As the drain of a node does: the disruption budget lets one pod go, and not yet a second one."""
        await self._record.step("evict")
        first, second, *_ = (await self._pods()).values()
        # The disruption controller may not have seen the end of the update yet.
        for _ in range(EVICT_ATTEMPTS):
            if await self._evicted(first) == CREATED:
                break
            await asyncio.sleep(0.5)
        status = await self._evicted(second)
        self.expectations.expect(status == REFUSED, f"a second pod could not be evicted ({status})")
        await self._left(LEAST)
        await self._reached(LEAST, "the evicted pod was replaced")

    async def autoscale(self) -> None:
        begin = await self._record.step("autoscale")
        await self._release.upgrade(autoscaling=autoscaling(self._setup))
        decides = await self._record.until(lambda line: line.busy is not None, self._setup.timeout_s)
        least = self._record.least_available(begin)
        self.expectations.expect(decides, "the autoscaler has the figures of the replicas")
        self.expectations.expect(least >= LEAST, f"at least {least} replicas were available when it began")

    async def load(self) -> None:
        await self._record.step("load")
        self._people.come(self._setup.people)
        await self._reached(MOST, f"the autoscaler went to {MOST} replicas, and all became available")
        spread = await self._until(lambda: self._balancer.busy() == MOST)
        sockets = sorted(self._balancer.sockets.values(), reverse=True)[:MOST]
        self.expectations.expect(spread, f"people type at all replicas (sockets: {sockets})")

    async def calm(self) -> None:
        begin = await self._record.step("upgrade")
        await self._release.upgrade(disruptionBudget={"enabled": True, "maxUnavailable": 2})
        await self._answers()
        wanted = min(line.pods.wanted for line in self._record.lines[begin:])
        self.expectations.expect(wanted == MOST, f"after another upgrade, {wanted} replicas are wanted")
        await self._people.leave()
        await self._record.step("calm")
        await self._reached(LEAST, f"the autoscaler went back to {LEAST} replicas")

    async def end(self) -> None:
        await self._record.step("uninstall")
        runs = self._cluster.node.runs
        await self._release.uninstall()
        await self._until(lambda: all(run.gone.is_set() for run in runs))
        codes = sorted({run.exit_code for run in runs}, key=str)
        self.expectations.expect(codes == [0], f"{len(runs)} servers ended with the exit codes {codes}")

    async def _reached(self, count: int, sentence: str) -> None:
        """Raises `LabError` if it takes too long: the steps after it would mean nothing."""
        done = await self._record.until(all_are(count), self._setup.timeout_s)
        self.expectations.expect(done, sentence)
        if not done:
            raise LabError(f"{count} replicas were not reached within {self._setup.timeout_s:.0f} s.")

    async def _left(self, count: int) -> None:
        """Wait until the change has begun: before that, the counts are those of a change that is complete."""
        as_wanted = all_are(count)
        await self._record.until(lambda line: not as_wanted(line), self._setup.timeout_s)

    async def _answers(self) -> None:
        """Until people have answers to ten more keystrokes each. Raises `LabError`."""
        wanted = self._people.answered() + 10 * self._people.typing
        if not await self._until(lambda: self._people.answered() >= wanted):
            raise LabError("People who type get no answers.")

    async def _until(self, done: Callable[[], bool]) -> bool:
        """Wait for a condition of which no event tells. Returns False if that takes too long."""
        try:
            async with asyncio.timeout(self._setup.timeout_s):
                while not done():  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
        except TimeoutError:
            return False
        return True

    async def _pods(self) -> dict[str, str]:
        """The names, by UIDs, of pods that are not being deleted."""
        metadata = [one["metadata"] for one in (await self._cluster.api.get(PODS))["items"]]
        return {one["uid"]: one["name"] for one in metadata if "deletionTimestamp" not in one}

    async def _evicted(self, name: str) -> int:
        """The status of the answer."""
        eviction = {
            "apiVersion": "policy/v1beta1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": NAMESPACE},
        }
        try:
            await self._cluster.api.create(f"{PODS}/{name}/eviction", eviction)
        except RefusedError as refused:
            return refused.status
        return CREATED


def texts(count: int = 20) -> Sequence[str]:
    """Parts of a document of this project."""
    whole = " ".join((ROOT / "docs" / "architecture.md").read_text("utf-8").split())
    step = (len(whole) - TEXT_CHARS) // count
    return [whole[number * step : number * step + TEXT_CHARS] for number in range(count)]
