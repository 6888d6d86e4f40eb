"""A node without a kubelet: it starts a real server for each pod that the scheduler gives it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from deploy.lab.api import MERGE, Api, Manifest
from deploy.lab.network import NODE, pod_addresses
from deploy.lab.pod import key_of
from deploy.lab.pod_run import SERVE, Place, PodRun
from deploy.lab.pod_status import time_of

NAME = "played"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
LEASE_S = 40
BEAT_S = 10.0
ROOM = {"cpu": "64", "memory": "64Gi", "pods": "110"}
"""What the node says that it has: so much that the scheduler never refuses a pod."""


class Node:
    """`run` never ends by itself. `runs` are all pods that there were."""

    def __init__(self, api: Api, folder: Path, program: Sequence[str] = SERVE) -> None:
        """folder: for the volumes of pods. program: another one that serves."""
        self.runs: list[PodRun] = []
        self._api = api
        self._folder = folder
        self._program = program
        self._addresses = pod_addresses()
        self._there: dict[str, PodRun] = {}

    async def run(self) -> None:
        await self._register()
        async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._beat())
            async for pods in self._api.watch("/api/v1/pods", fieldSelector=f"spec.nodeName={NAME}"):
                for uid, pod in pods.items():
                    if uid not in self._there:
                        place = Place(next(self._addresses), self._folder / uid, self._program)
                        run = PodRun(self._api, http, pod, place)
                        self._there[uid] = run
                        self.runs.append(run)
                        tasks.create_task(run.run(), name=key_of(pod))
                    if "deletionTimestamp" in pod["metadata"]:
                        self._there[uid].ends.set()
                for uid in self._there.keys() - pods.keys():
                    self._there.pop(uid).ends.set()  # deleted by force

    async def _register(self) -> None:
        node = {"metadata": {"name": NAME, "labels": {"kubernetes.io/hostname": NAME}}}
        await self._api.create("/api/v1/nodes", node)
        await self._tell()
        lease = {"holderIdentity": NAME, "leaseDurationSeconds": LEASE_S, "renewTime": _exactly_now()}
        await self._api.create(LEASES, {"metadata": {"name": NAME}, "spec": lease})

    async def _beat(self) -> None:
        """Without heartbeats, the controllers say that the pods are not ready."""
        for beat in itertools.count(1):
            await asyncio.sleep(BEAT_S)
            renewed = {"spec": {"renewTime": _exactly_now()}}
            await self._api.patch(f"{LEASES}/{NAME}", renewed, MERGE)
            if beat % 6 == 0:
                await self._tell()

    async def _tell(self) -> None:
        now = time_of()
        ready = {"type": "Ready", "status": "True", "reason": "Played", "lastHeartbeatTime": now}
        status: Manifest = {
            "capacity": ROOM,
            "allocatable": ROOM,
            "conditions": [ready],
            "addresses": [{"type": "InternalIP", "address": NODE}],
        }
        await self._api.patch(f"/api/v1/nodes/{NAME}/status", {"status": status})


def _exactly_now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
