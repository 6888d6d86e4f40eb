"""One pod on the node: its server is started, asked, and stopped as the kubelet does it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp

from deploy.lab.api import Api, Manifest, RefusedError
from deploy.lab.child import Child
from deploy.lab.image import image_environment
from deploy.lab.network import on_this_machine
from deploy.lab.pod import (
    container_of,
    environment_of,
    files_of,
    key_of,
    port_of,
    secrets_of,
)
from deploy.lab.pod_status import Seen, status_of, time_of
from deploy.lab.probe import SUCCESSES, Probe, Verdict
from deploy.lab.programs import ROOT

SERVE = (sys.executable, "-m", "foretype", "serve")


@dataclass(frozen=True, slots=True)
class Place:
    """address: of the pod in the cluster. folder: which the pod gets for its volumes. program: the server."""

    address: str
    folder: Path
    program: Sequence[str] = SERVE


class PodRun:
    """Call `run` once. `ends`: Kubernetes has deleted the pod. `gone`: nothing is left of it here."""

    def __init__(self, api: Api, http: aiohttp.ClientSession, pod: Manifest, place: Place) -> None:
        self.key = key_of(pod)
        self.exit_code: int | None = None
        self.ends = asyncio.Event()
        self.gone = asyncio.Event()
        self._api = api
        self._http = http
        self._pod = pod
        self._place = place
        self._folder = place.folder
        now = time_of()
        self._seen = Seen(place.address, began=now, changed=now)

    async def run(self) -> None:
        """From the pod's start until its object is gone. Raises `LabError` if the server ends by itself."""
        try:
            await self._make_volumes()
            log = self._folder.with_suffix(".log")
            server = await Child.started(self._place.program, log, self._environment())
            try:
                await self._told()
                await self._watched(server)
                if not self.ends.is_set():
                    raise server.failed()
                await self._stopped(server)
            finally:
                self.exit_code = await server.end(0.0)
            await self._told(ready=False, exit_code=self.exit_code)
            await self._removed()
        finally:
            self.gone.set()
            shutil.rmtree(self._folder, ignore_errors=True)

    # -- start --

    async def _make_volumes(self) -> None:
        for volume in container_of(self._pod).get("volumeMounts", []):
            (self._folder / volume["name"]).mkdir(parents=True)
        namespace = self._pod["metadata"]["namespace"]
        for volume, source in secrets_of(self._pod):
            secret = await self._api.get(f"/api/v1/namespaces/{namespace}/secrets/{source['name']}")
            for name, content in files_of(source, secret).items():
                (self._folder / volume / name).write_bytes(content)

    def _environment(self) -> Mapping[str, str]:
        """Nothing of the lab's own environment, except where programs are."""
        own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "backend"), "HOME": str(self._folder)}
        address = on_this_machine(self._place.address)
        return own | environment_of(self._pod, image_environment(), address, self._folder)

    # -- life --

    async def _watched(self, server: Child) -> None:
        """Ask the probes until the pod is deleted or its server ends."""
        probing = asyncio.create_task(self._probed())
        waiting = [asyncio.create_task(one) for one in (self.ends.wait(), server.ended())]
        try:
            done, _ = await asyncio.wait([probing, *waiting], return_when=asyncio.FIRST_COMPLETED)
            if probing in done:
                probing.result()  # its error: it has no other end
        finally:
            for task in (probing, *waiting):
                task.cancel()
            await asyncio.gather(probing, *waiting, return_exceptions=True)

    async def _probed(self) -> None:
        """Until cancelled. A startup probe never gives up here: the scenario's own limits are shorter."""
        container = container_of(self._pod)
        startup, readiness = Probe.of(container["startupProbe"]), Probe.of(container["readinessProbe"])
        verdict = Verdict(startup)
        while not await self._asked(startup, verdict):  # noqa: ASYNC110  # the server has to be asked
            await asyncio.sleep(startup.period_s)
        await self._told(started=True)
        verdict = Verdict(readiness)
        while True:
            if await self._asked(readiness, verdict):
                await self._told(ready=verdict.succeeds)
            await asyncio.sleep(readiness.period_s)

    async def _asked(self, probe: Probe, verdict: Verdict) -> bool:
        """Ask once. Returns whether the verdict is a new one."""
        address = (
            f"http://{on_this_machine(self._place.address)}:{port_of(self._pod, probe.port)}{probe.path}"
        )
        succeeds = False
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            timeout = aiohttp.ClientTimeout(total=probe.timeout_s)
            async with self._http.get(address, timeout=timeout, allow_redirects=False) as answer:
                succeeds = answer.status in SUCCESSES
        return verdict.saw(succeeds)

    # -- end --

    async def _stopped(self, server: Child) -> None:
        """The hook, then SIGTERM; SIGKILL when the grace period is over."""
        grace = float(self._pod["spec"]["terminationGracePeriodSeconds"])
        clock = asyncio.get_running_loop().time
        deadline = clock() + grace
        hook = container_of(self._pod).get("lifecycle", {}).get("preStop", {}).get("exec")
        if hook is not None:
            before = await Child.started(hook["command"], self._folder / "hook.log")
            try:
                async with asyncio.timeout_at(deadline):
                    await before.ended()
            except TimeoutError:
                await before.end(0.0)
        await server.end(max(0.0, deadline - clock()))

    async def _removed(self) -> None:
        """Say that nothing of the pod is left, which removes its object."""
        metadata = self._pod["metadata"]
        body = {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0}
        body["preconditions"] = {"uid": metadata["uid"]}
        with contextlib.suppress(RefusedError):  # it is gone already
            await self._api.delete(self._path(), body)

    # -- what the cluster is told --

    async def _told(
        self, started: bool | None = None, ready: bool | None = None, exit_code: int | None = None
    ) -> None:
        """Write the status. None: as before."""
        before = self._seen
        self._seen = replace(
            before,
            changed=before.changed if ready in (None, before.ready) else time_of(),
            started=before.started if started is None else started,
            ready=before.ready if ready is None else ready,
            exit_code=exit_code,
        )
        with contextlib.suppress(RefusedError):  # the pod was deleted by force
            await self._api.patch(f"{self._path()}/status", {"status": status_of(self._pod, self._seen)})

    def _path(self) -> str:
        metadata = self._pod["metadata"]
        return f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
