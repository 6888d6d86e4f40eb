"""A real Prometheus that reads the figures of all running pods, as with the chart's ServiceMonitor."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from deploy.lab.api import Api, Manifest
from deploy.lab.child import Child
from deploy.lab.network import on_this_machine
from deploy.lab.pod import port_of
from latency.replay.server import free_ports

INTERVAL_S = 5
OPERATIONS = "operations"
"""The name of the port with the figures, in the chart."""
Sample = tuple[dict[str, str], float]


def targets_of(pods: dict[str, Manifest]) -> list[dict[str, Any]]:
    """What Prometheus reads from a file: an address for each pod that has one, and its labels."""
    return [
        {
            "targets": [f"{on_this_machine(pod['status']['podIP'])}:{port_of(pod, OPERATIONS)}"],
            "labels": {
                name: pod["metadata"][at] for name, at in (("pod", "name"), ("namespace", "namespace"))
            },
        }
        for pod in pods.values()
        if pod["status"].get("podIP") and pod["status"]["phase"] == "Running"
    ]


class Prometheus:
    """Answers queries of its language."""

    def __init__(self, http: aiohttp.ClientSession, port: int, child: Child) -> None:
        self.child = child
        self._http = http
        self._address = f"http://127.0.0.1:{port}/api/v1/query"

    async def query(self, query: str) -> list[Sample]:
        """The labels and values of an instant vector, now; nothing if Prometheus does not answer."""
        try:
            async with self._http.post(self._address, data={"query": query}) as answer:
                found = await answer.json()
        except aiohttp.ClientError:
            return []
        return [(one["metric"], float(one["value"][1])) for one in found["data"]["result"]]


@asynccontextmanager
async def prometheus(program: Path, folder: Path, targets: Path) -> AsyncIterator[Prometheus]:
    """targets: the file that `follow_pods` writes."""
    (port,) = free_ports(1)
    jobs = [{"job_name": "foretype", "file_sd_configs": [{"files": [str(targets)]}]}]
    settings = {"global": {"scrape_interval": f"{INTERVAL_S}s"}, "scrape_configs": jobs}
    file = folder / "prometheus.yml"
    file.write_text(json.dumps(settings), "utf-8")  # JSON is YAML
    words: list[str | Path] = [
        program,
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    child = await Child.started(words, folder / "prometheus.log")
    try:
        async with aiohttp.ClientSession() as http:
            yield Prometheus(http, port, child)
    finally:
        await child.end()


async def follow_pods(api: Api, namespace: str, targets: Path) -> None:
    """Keep the file of targets as the pods are, until cancelled."""
    written = None
    async for pods in api.watch(f"/api/v1/namespaces/{namespace}/pods"):
        content = json.dumps(targets_of(pods))
        if content != written:
            new = targets.with_suffix(".new")
            await asyncio.to_thread(new.write_text, content, "utf-8")
            new.replace(targets)  # Prometheus never reads half of it
            written = content
