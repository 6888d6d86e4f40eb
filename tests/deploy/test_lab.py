"""The lab of deploy/lab without Kubernetes: what its node, its balancer and its adapter make of objects."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import sys
from collections.abc import AsyncIterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from deploy.lab import __main__ as lab
from deploy.lab.adapter import chart_figures, resources, values
from deploy.lab.api import Api
from deploy.lab.balancer import addresses_of
from deploy.lab.credentials import make_credentials
from deploy.lab.errors import LabError
from deploy.lab.network import on_this_machine, pod_addresses
from deploy.lab.node import LEASES, Node
from deploy.lab.people import People
from deploy.lab.pod import environment_of, files_of, port_of, secrets_of
from deploy.lab.probe import Probe, Verdict
from deploy.lab.programs import ROOT, Programs
from deploy.lab.prometheus import targets_of
from deploy.lab.record import Pods, Record, busy_of, pods_of, quantity
from latency.replay.server import free_ports

SERVE = (sys.executable, str(ROOT / "tests" / "cli" / "fake_models.py"), "serve")
WAIT_S = 60
Manifest = dict[str, Any]


def probe(path: str, failures: int) -> Manifest:
    asked = {"path": path, "port": "operations"}
    return {
        "httpGet": asked,
        "periodSeconds": 1,
        "timeoutSeconds": 1,
        "successThreshold": 1,
        "failureThreshold": failures,
    }


def pod(uid: str = "u1", **env: str) -> Manifest:
    """As the API server gives a pod of the chart, with the defaults in it."""
    container = {
        "name": "foretype",
        "image": "foretype:1",
        "ports": [{"name": "ws", "containerPort": 22738}, {"name": "operations", "containerPort": 22838}],
        "env": [{"name": name, "value": value} for name, value in env.items()],
        "startupProbe": probe("/readyz", 300),
        "readinessProbe": probe("/readyz", 1),
        "lifecycle": {"preStop": {"exec": {"command": ["true"]}}},
        "volumeMounts": [
            {"name": "state", "mountPath": "/state"},
            {"name": "tokens", "mountPath": "/tokens"},
        ],
    }
    secret = {"name": "t", "items": [{"key": "keys.json", "path": "keys.json"}]}
    tokens = {"name": "tokens", "projected": {"sources": [{"secret": secret}]}}
    return {
        "metadata": {"name": f"foretype-{uid}", "namespace": "words", "uid": uid},
        "spec": {
            "containers": [container],
            "volumes": [{"name": "state", "emptyDir": {}}, tokens],
            "terminationGracePeriodSeconds": 30,
        },
        "status": {"phase": "Running", "podIP": "10.89.1.1"},
    }


def test_a_path_in_a_volume_becomes_one_of_the_pods_folder_and_all_addresses_the_pods_own() -> None:
    keys = {"FORETYPE_TOKENS_KEYS": "/tokens/keys.json", "FORETYPE_MODEL": "/tokensandmore"}
    of_image = {"FORETYPE_HOST": "0.0.0.0", "FORETYPE_STATE_DIR": "/state", "FORETYPE_MODELS_DIR": "/models"}
    found = environment_of(pod(**keys), of_image, "127.89.1.1", Path("/pods/u1"))
    assert found == {
        "FORETYPE_HOST": "127.89.1.1",
        "FORETYPE_STATE_DIR": "/pods/u1/state",
        "FORETYPE_MODELS_DIR": str(ROOT / "models" / "build"),
        "FORETYPE_TOKENS_KEYS": "/pods/u1/tokens/keys.json",
        "FORETYPE_MODEL": "/tokensandmore",
    }
    assert environment_of(pod(FORETYPE_HOST="::1"), of_image, "", Path())["FORETYPE_HOST"] == "::1"


def test_each_pod_has_an_address_of_its_own_on_loopback() -> None:
    addresses = pod_addresses()
    first, second = next(addresses), next(addresses)
    assert (on_this_machine(first), on_this_machine(second)) == ("127.89.1.1", "127.89.1.2")
    assert port_of(pod(), "operations") == 22838
    assert port_of(pod(), 80) == 80


def test_a_secret_becomes_files_and_only_an_optional_key_may_be_missing() -> None:
    ((volume, source),) = secrets_of(pod())
    kept = {"data": {"keys.json": base64.b64encode(b"{}").decode(), "signing-key.pem": "AA=="}}
    assert (volume, files_of(source, kept)) == ("tokens", {"keys.json": b"{}"})
    assert files_of({**source, "optional": True}, {}) == {}
    with pytest.raises(KeyError):
        files_of(source, {})


def test_a_verdict_changes_after_enough_equal_answers_in_a_row() -> None:
    verdict = Verdict(Probe.of(probe("/readyz", 2)))
    assert [verdict.saw(one) for one in (True, True, False, True, False, False)] == [
        True,
        False,
        False,
        False,
        False,
        True,
    ]
    assert not verdict.succeeds


def test_a_figure_has_a_value_for_each_pod_that_prometheus_knows() -> None:
    samples = [({"pod": "foretype-u1"}, 0.4567), ({"pod": "other"}, 1.0)]
    (item,) = values("busy", [pod(), pod("u2")], samples)["items"]
    assert (item["describedObject"]["name"], item["value"]) == ("foretype-u1", "457m")


def test_the_adapter_has_the_two_figures_of_the_chart_with_the_queries_of_helms_notes() -> None:
    figures = chart_figures()
    assert set(figures) == {"foretype_keystroke_busy_share", "foretype_overloaded_per_second"}
    assert 'for="keystroke"' in figures["foretype_keystroke_busy_share"]
    assert {one["name"] for one in resources(figures)["resources"]} == {f"pods/{name}" for name in figures}


def test_prometheus_reads_every_running_pod() -> None:
    starting = pod("u2")
    starting["status"] = {"phase": "Pending"}
    (target,) = targets_of({"u1": pod(), "u2": starting})
    assert target["targets"] == ["127.89.1.1:22838"]
    assert target["labels"] == {"pod": "foretype-u1", "namespace": "words"}


def test_the_balancer_knows_only_pods_that_are_ready() -> None:
    ports = [{"name": "operations", "port": 22838}, {"name": "ws", "port": 22738}]
    subset = {"addresses": [{"ip": "10.89.1.2"}], "notReadyAddresses": [{"ip": "10.89.1.3"}], "ports": ports}
    assert addresses_of({"subsets": [subset]}, "ws") == [("127.89.1.2", 22738)]
    assert addresses_of({"subsets": None}, "ws") == []


def test_an_update_that_the_controller_has_not_read_yet_has_no_updated_pods() -> None:
    status = {"observedGeneration": 1, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}
    deployment = {"metadata": {"generation": 1}, "spec": {"replicas": 3}, "status": status}
    assert pods_of(deployment) == Pods(3, 3, 3, 3)
    deployment["metadata"]["generation"] = 2
    assert pods_of(deployment) == Pods(3, 3, 0, 3)


def test_the_autoscalers_figure_is_a_quantity() -> None:
    assert (quantity("250m"), quantity("2")) == (0.25, 2.0)
    seen = {"type": "Pods", "pods": {"current": {"averageValue": "912m"}}}
    assert busy_of({"status": {"currentMetrics": [seen]}}) == 0.912
    assert busy_of({"status": {"currentMetrics": None}}) is None


async def test_a_line_is_added_for_each_change_and_the_lowest_number_is_that_since_a_step_began() -> None:
    printed = io.StringIO()

    class Seen:
        async def watch(self, path: str, **params: str) -> AsyncIterator[dict[str, Manifest]]:
            for available in (0, 3, 3, 4) if path.endswith("deployments") else ():
                status = {"observedGeneration": 1, "replicas": 3, "availableReplicas": available}
                yield {"d": {"metadata": {"generation": 1}, "spec": {"replicas": 3}, "status": status}}
            await asyncio.Event().wait()

    record = Record(Console(file=printed), People("http://127.0.0.1:1", [], []))
    first = await record.step("install")
    following = asyncio.create_task(record.follow(Seen()))  # type: ignore[arg-type]
    try:
        assert await record.until(lambda line: line.pods.available == 4, WAIT_S)
        assert [line.pods.available for line in record.lines] == [0, 0, 3, 4]
        assert record.least_available(first) == 0
        assert record.least_available(await record.step("update")) == 4
        assert not await record.until(lambda line: line.pods.available == 9, 0.0)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    lines = printed.getvalue().splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[-1].split()[2:7] == ["update", "3", "3", "0", "4"]


async def test_an_api_server_that_has_ended_is_an_error_that_ends_the_lab(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    async with Api(port, make_credentials(tmp_path / "credentials", [])) as api:
        assert not await api.is_ready()
        with pytest.raises(LabError, match="does not answer"):
            await api.get("/api/v1/nodes")
        with pytest.raises(LabError, match="does not answer"):
            await anext(api._events("/api/v1/nodes", {}, "1"))


@pytest.mark.parametrize("command", ["up", "scenario"])
def test_a_folder_with_files_is_not_used(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = Path("/nothing")
    monkeypatch.setattr(lab, "find_programs", lambda: Programs(*[nothing] * len(fields(Programs))))
    (tmp_path / "kept").touch()
    said = CliRunner().invoke(lab.app, [command, "--keep", str(tmp_path)])
    assert said.exit_code == lab.NOT_POSSIBLE
    assert "is not empty" in said.output
    assert [one.name for one in tmp_path.iterdir()] == ["kept"]
    said = CliRunner().invoke(lab.app, [command, "--keep", str(tmp_path / "kept" / "new")])
    assert (said.exit_code, "Name another folder" in said.output) == (lab.NOT_POSSIBLE, True)


class FakeApi:
    """Takes what the node says, and gives it the pods of `pods`."""

    def __init__(self) -> None:
        self.pods: asyncio.Queue[dict[str, Manifest]] = asyncio.Queue()
        self.ready = asyncio.Event()
        self.created: list[str] = []
        self.statuses: list[Manifest] = []
        self.deleted: list[Manifest] = []

    async def get(self, path: str, **params: str) -> Manifest:
        assert path == "/api/v1/namespaces/words/secrets/t"
        return {"data": {"keys.json": base64.b64encode(b'{"keys": []}').decode()}}

    async def create(self, path: str, body: Manifest) -> None:
        self.created.append(path)

    async def patch(self, path: str, body: Manifest, kind: str = "") -> None:
        if path.startswith("/api/v1/namespaces/words/pods/"):
            self.statuses.append(body["status"])
            if body["status"]["containerStatuses"][0]["ready"]:
                self.ready.set()

    async def delete(self, path: str, body: Manifest) -> None:
        assert path == "/api/v1/namespaces/words/pods/foretype-u1"
        self.deleted.append(body)

    async def watch(self, path: str, **params: str) -> AsyncIterator[dict[str, Manifest]]:
        while True:
            yield await self.pods.get()


async def test_a_pod_is_ready_when_its_real_server_is_and_is_gone_when_that_has_drained(
    tmp_path: Path,
) -> None:
    api, asked = FakeApi(), pod(FORETYPE_TOKENS_KEYS="/tokens/keys.json", FORETYPE_DRAIN_SECONDS="1")
    node = Node(api, tmp_path, SERVE)  # type: ignore[arg-type]
    running = asyncio.create_task(node.run())
    try:
        async with asyncio.timeout(WAIT_S):
            api.pods.put_nowait({"u1": asked})
            await api.ready.wait()
            assert (tmp_path / "u1" / "tokens" / "keys.json").read_bytes() == b'{"keys": []}'
            deleted = {**asked, "metadata": {**asked["metadata"], "deletionTimestamp": "now"}}
            api.pods.put_nowait({"u1": deleted})
            await node.runs[0].gone.wait()
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    assert api.created == ["/api/v1/nodes", LEASES]
    ready = [one["containerStatuses"][0]["ready"] for one in api.statuses]
    assert (ready[0], ready[-1]) == (False, False)
    assert ready.count(True) == 1
    assert (api.statuses[-1]["phase"], node.runs[0].exit_code) == ("Succeeded", 0)
    assert api.deleted[0]["preconditions"] == {"uid": "u1"}
    assert not (tmp_path / "u1").exists()
