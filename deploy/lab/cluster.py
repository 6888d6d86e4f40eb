"""The whole cluster: the control plane, its node, Prometheus and the metrics adapter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.lab.adapter import SERVER_NAME, adapter, chart_figures
from deploy.lab.api import Api
from deploy.lab.child import Child
from deploy.lab.control_plane import control_plane
from deploy.lab.credentials import make_credentials
from deploy.lab.node import Node
from deploy.lab.programs import Programs
from deploy.lab.prometheus import follow_pods, prometheus
from deploy.lab.release import NAMESPACE

CHECK_S = 1.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """kubeconfig: a file for helm and kubectl."""

    api: Api
    node: Node
    kubeconfig: Path


@asynccontextmanager
async def cluster(programs: Programs, folder: Path) -> AsyncIterator[Cluster]:
    """A running cluster; nothing of it is left at the end. folder: an empty one for all files.

    Raises `LabError`, in a group, as soon as one of its programs ends by itself.
    """
    targets = folder / "targets.json"
    credentials = make_credentials(folder / "credentials", [SERVER_NAME])
    async with AsyncExitStack() as ending:
        control = await ending.enter_async_context(control_plane(programs, credentials, folder))
        figures = await ending.enter_async_context(prometheus(programs.prometheus, folder, targets))
        await ending.enter_async_context(adapter(control.api, figures, credentials, chart_figures()))
        node = Node(control.api, folder / "pods")
        work = [
            node.run(),
            follow_pods(control.api, NAMESPACE, targets),
            _watch([*control.children, figures.child]),
        ]
        await ending.enter_async_context(meanwhile(work))
        yield Cluster(control.api, node, control.kubeconfig)


@asynccontextmanager
async def meanwhile(work: Sequence[Coroutine[None, None, None]]) -> AsyncIterator[None]:
    """Work that goes on during the block. If it fails, the block is cancelled and the error raised."""
    async with asyncio.TaskGroup() as tasks:
        started = [tasks.create_task(one) for one in work]
        try:
            yield
        finally:
            for task in started:
                task.cancel()


async def _watch(children: Sequence[Child]) -> None:
    """Until cancelled. Raises `LabError` if a program has ended."""
    while True:
        for child in children:
            if child.exit_code is not None:
                raise child.failed()
        await asyncio.sleep(CHECK_S)
