"""The measurement on a GPU, where there is none: arithmetic, time, tables, and a part's own process."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from foretype.models.manifest import GRAPH, Manifest
from foretype.runtime.device.runtime import DeviceRuntime
from foretype.runtime.open import open_runtime
from foretype.runtime.protocol import LogitsRuntime
from foretype.runtime.providers import CPU_ONLY, Surroundings
from foretype.support.execution_provider import Provider
from latency.capacity.load_step import LoadStep
from latency.gpu import cli, model_on_device, typists
from latency.gpu.crowd_search import next_crowd
from latency.gpu.device_parity import LimitedDifference, parity
from latency.gpu.model_on_device import ModelOnDevice
from latency.gpu.own_process import run_in_own_process
from latency.gpu.report import DeviceFigures, print_report, write_json
from latency.gpu.run_times import RECORDED_ROWS, ROWS, UNRECORDED, RunTime, run_times
from latency.gpu.time_shares import PARTS, limit, parts
from latency.gpu.typists import TypingFigures, TypingSetup, measure
from latency.parity import MAX_LOGITS_DIFFERENCE, LogitsDifference, prepare_exact
from latency.replay.connection import ServerLostError
from latency.replay.server import OwnServer
from tests.latency.scripted import TOKEN, ScriptedServer
from tests.latency.test_capacity import step
from tests.prepare.conftest import tokeniser_file, write_folder
from tests.prepare.tiny import CONTEXT

__all__ = ["tokeniser_file"]
NO_GPU = Surroundings({"onnxruntime": "1.32"}, ["CPUExecutionProvider"], None)


def test_time_that_is_not_used_goes_to_the_parts_that_follow() -> None:
    weights = parts(["gpu", "cpu"])
    first, *_, last = weights
    assert len(weights) == 2 * len(PARTS)
    assert sum(limit(one, weights, 600) for one in [first]) == pytest.approx(600 / sum(weights.values()))
    assert limit(last, weights, 123) == 123
    assert limit(first, weights, -1) == 0
    left = 600.0
    for one in weights:
        left -= limit(one, weights, left)
    assert left == pytest.approx(0)


@pytest.mark.parametrize("most", [0, 1, 7, 40, 1000])
def test_crowds_close_in_on_how_many_are_carried(most: int) -> None:
    tried: dict[int, bool] = {}
    while (typists := next_crowd(tried, 8)) is not None:
        assert typists not in tried
        tried[typists] = typists <= most
    best = max((one for one, carried in tried.items() if carried), default=0)
    assert best <= most <= best * 1.13 + 1
    assert len(tried) < 14


def found(*crowds: LoadStep, price: float | None = 0.8) -> DeviceFigures:
    one = DeviceFigures("NVIDIA L4", "cuda", "float16", price)
    one.parity = [LimitedDifference(LogitsDifference("in one pass", 200, 0.01), 0.5)]
    one.steps = [
        RunTime("in one text", 8, 3.25),
        RunTime("in one text", 256, None, "longer than the model's context of 64 tokens"),
    ]
    one.typed = TypingFigures(budget_ms=300, crowds=list(crowds))
    return one


def said(*columns: DeviceFigures) -> str:
    console = Console(width=120, record=True)
    print_report(list(columns), console)
    return console.export_text()


def test_the_table_says_what_a_thousand_cost_and_what_did_not_fit() -> None:
    gpu = found(step(100), step(200, overloaded=1))
    gpu.notes["parity"] = "took longer than 12 s"
    table = said(gpu, found(price=None))
    assert "$8.00" in table
    assert "$376.00" in table
    assert "3.2 ms" in table
    assert "cuda, parity: took longer than 12 s" in table
    assert "a run of 256 in one text: longer than the model's context of 64 tokens" in table
    assert "cost: no price was given" in table
    assert "at least" not in table
    assert "at least 100" in said(found(step(100)))


def test_what_is_too_far_apart_is_said() -> None:
    gpu = found()
    assert gpu.agrees
    gpu.parity.append(LimitedDifference(LogitsDifference("in a tree", 12, 0.6), 0.5))
    assert not gpu.agrees
    assert "missed" in said(gpu)
    gpu.parity.clear()
    assert not gpu.agrees  # where nothing was compared
    assert LimitedDifference(LogitsDifference("in a tree", 12, 9.0), None).kept
    assert not LimitedDifference(LogitsDifference("in a tree", 12, float("nan")), 0.5).kept


def test_the_json_holds_each_device_and_the_article(tmp_path: Path) -> None:
    write_json([found(step(100))], tmp_path / "gpu.json", model="tiny")
    content = json.loads((tmp_path / "gpu.json").read_text("utf-8"))
    assert content["devices"][0]["flat"] == {"typists": 100, "dollars_per_thousand_per_hour": 8.0}
    assert content["article"]["dollars_per_thousand_per_hour"] == pytest.approx(376)
    assert content["model"] == "tiny"


def test_without_a_gpu_a_sentence_and_exit_code_1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cli.Surroundings, "here", lambda: NO_GPU)
    ran = CliRunner().invoke(cli.app, ["--price", "1", "--json", str(tmp_path / "gpu.json")])
    assert ran.exit_code == 1
    assert "onnxruntime-gpu" in ran.output
    assert "--provider cpu" in ran.output
    assert "Traceback" not in ran.output


# -- a process of its own -------------------------------------------------------


def test_a_part_that_takes_too_long_is_stopped() -> None:
    assert run_in_own_process(count, limit_s=0) == ([], "took longer than 0 s")


def test_a_part_that_fails_says_why_and_leaves_what_it_had() -> None:
    found_before, note = run_in_own_process(map, int, ["1", "one"], limit_s=60)
    assert found_before == [1]
    assert note is not None
    assert note.startswith("invalid literal")


def test_a_part_whose_process_dies_says_how() -> None:
    assert run_in_own_process(map, os._exit, [9], limit_s=60) == ([], "its process ended with exit code 9")


# -- on the CPU, with a tiny model and a scripted server ---------------------------


def test_parity_and_runs_go_through_on_the_cpu(tokeniser_file: Path, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "tiny", "gpt2", tokeniser_file)
    device = ModelOnDevice(prepare_exact(folder, tmp_path / "build", 1).folder, Provider.CPU, 1)
    compared = list(parity(device, 60))
    assert [one.difference.rows for one in compared] == [60] * 3 + [12, 4]
    assert all(one.kept and one.at_most == MAX_LOGITS_DIFFERENCE for one in compared), compared
    runs = {(run.way, run.rows): run for run in run_times(device, 16, 1)}
    assert all(runs["of as many texts", rows].ms for rows in ROWS)
    assert all(runs["in one text", rows].ms for rows in (1, 8, 64))
    assert runs["in one text", 256].note == f"longer than the model's context of {CONTEXT} tokens"


def test_on_a_device_the_tops_are_compared_and_what_serves_is_timed(
    tokeniser_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The CPU being the device."""

    def on_a_device(folder: Path, *, threads: int, provider: Provider, records: bool) -> LogitsRuntime:
        if provider is Provider.CPU:
            return open_runtime(folder, threads=threads)
        geometry = Manifest.read(folder).geometry
        return DeviceRuntime(
            folder / GRAPH, geometry, threads=threads, providers=CPU_ONLY, device=("cpu", 0), records=records
        )

    monkeypatch.setattr(model_on_device, "open_runtime", on_a_device)
    folder = write_folder(tmp_path / "tiny", "llama", tokeniser_file)
    device = ModelOnDevice(prepare_exact(folder, tmp_path / "build", 1).folder, Provider.CUDA, 1)
    compared = list(parity(device, 60))
    assert [one.difference.rows for one in compared] == [60] * 3 + [12, 4, 60]
    assert compared[-1].difference.way == "the tops of the distributions"
    assert all(one.kept for one in compared), compared
    runs = {(run.way, run.rows): run for run in run_times(device, 16, 1)}
    assert all(runs["of as many texts", rows].ms for rows in ROWS)
    assert runs[UNRECORDED, RECORDED_ROWS].ms
    one = found()
    one.steps = list(runs.values())
    assert f"a run of {RECORDED_ROWS}, without CUDA graphs" in said(one)


@pytest.fixture
def served(scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> ScriptedServer:
    """The scripted server in place of one that is started."""

    @asynccontextmanager
    async def own_server(log: Path, *, settings: dict[str, str]) -> AsyncIterator[OwnServer]:
        yield OwnServer(scripted.address, TOKEN, os.getpid(), 1.5)

    monkeypatch.setattr(typists, "own_server", own_server)
    return scripted


async def type_at(tmp_path: Path, crowd_s: float) -> TypingFigures:
    size = TypingSetup(typist_s=0.5, ramp_s=0.05, hold_s=0.5, first=1)
    texts = ["Please let me know whether that is possible for you."]
    return await measure({}, texts, size, log=tmp_path / "log", typist_limit=60, crowd_limit=lambda: crowd_s)


async def test_one_types_and_then_a_crowd(served: ScriptedServer, tmp_path: Path) -> None:
    def overloaded(frame: dict[str, Any]) -> list[dict[str, Any]]:
        said = {"type": "error", "code": "overloaded", "message": "too many typists"}
        return [said | {"field": frame["field"], "seq": frame["seq"]}]

    served.answers = overloaded
    typed = await type_at(tmp_path, crowd_s=60)
    assert typed.ready_s == 1.5
    assert typed.one is not None
    assert [step.typists for step in typed.crowds] == [1]
    assert typed.served == 0
    assert typed.one_note is typed.crowds_note is None


async def test_no_time_for_a_crowd_is_said(served: ScriptedServer, tmp_path: Path) -> None:
    typed = await type_at(tmp_path, crowd_s=1)
    assert typed.served is None
    assert typed.crowds_note == "a crowd of 1 was not measured, because the 1 s were over"


async def test_a_server_that_does_not_start_is_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def own_server(log: Path, *, settings: dict[str, str]) -> AsyncIterator[OwnServer]:
        raise ServerLostError("it said why in its log")
        yield

    monkeypatch.setattr(typists, "own_server", own_server)
    typed = await type_at(tmp_path, crowd_s=60)
    assert typed.one_note == typed.crowds_note == "it said why in its log"
    assert typed.served is None
