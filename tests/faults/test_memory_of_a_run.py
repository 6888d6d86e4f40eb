"""A real server with the real model and the real ONNX Runtime, whose process suddenly gets no more memory."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from foretype.engine.local import NO_MEMORY
from foretype.prepare.ensure import ensure_prepared
from foretype.support.settings import Settings
from latency.paths import ROOT
from latency.replay.server import free_port
from tests.faults.conftest import LIMIT_S, POLL_S, TOKEN, Serving

SHORT = "Please let me kn"
LONG = "The meeting of the committee that was planned for Tuesday has been moved to the larger room. " * 40
MORE_BYTES = 3_000_000  # for what Python needs; a run over LONG needs several times as much
RELOADED = "event='out_of_memory'"


@contextmanager
def real_server(folder: Path, log: Path, root: Path = ROOT) -> Iterator[Serving]:
    """A server of the checkout `root` with the model in `folder`, until it is ready and to its end."""
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": str(root / "backend"),
        "FORETYPE_MODEL": folder.name,
        "FORETYPE_MODELS_DIR": str(folder.parent),
        "FORETYPE_TOKEN": TOKEN,
        "FORETYPE_BUDGET_MS": "5000",
    }
    with log.open("wb") as out:
        command = [sys.executable, "-m", "foretype", "serve", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out, text=True)
    try:
        serving = Serving(process, port)
        assert serving.is_ready()
        yield serving
    finally:
        process.kill()
        process.wait()


def data_bytes(process: psutil.Process) -> int:
    """What RLIMIT_DATA counts: private memory that can be written."""
    status = Path(f"/proc/{process.pid}/status").read_text("ascii")
    (kilobytes,) = re.findall(r"^VmData:\s+(\d+) kB$", status, re.MULTILINE)
    return int(kilobytes) * 1024


def limit_memory(process: psutil.Process) -> None:
    """From now on, the process gets hardly more memory than it has."""
    _, most = process.rlimit(psutil.RLIMIT_DATA)
    process.rlimit(psutil.RLIMIT_DATA, (data_bytes(process) + MORE_BYTES, most))


def lift_limit(process: psutil.Process) -> None:
    _, most = process.rlimit(psutil.RLIMIT_DATA)
    process.rlimit(psutil.RLIMIT_DATA, (most, most))


def status_of(server: Serving, before: str) -> int:
    """Of the answer to a text. 0 if the server ends meanwhile."""
    return server.request("/v1/complete", json.dumps({"before": before}))[0]


def when_loaded(server: Serving) -> int:
    """The status of the first answer that is no refusal: while the model is being loaded, all are."""
    end = time.monotonic() + LIMIT_S
    while (status := status_of(server, SHORT)) == 503 and time.monotonic() < end:
        time.sleep(POLL_S)
    return status


@pytest.mark.model
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can limit the memory of a process that runs")
def test_a_run_without_memory_loads_the_model_once_more_and_the_next_one_ends_the_server_with_a_sentence(
    tmp_path: Path,
) -> None:
    folder = ensure_prepared(Settings(model="smollm2-135m")).folder
    log = tmp_path / "log"
    with real_server(folder, log) as server:
        process = psutil.Process(server.process.pid)
        assert status_of(server, SHORT) == 200
        limit_memory(process)
        assert status_of(server, LONG) not in (0, 200)
        lift_limit(process)
        assert when_loaded(server) == 200
        assert log.read_text("utf-8").count(RELOADED) == 1
        limit_memory(process)
        status_of(server, LONG)
        code = server.process.wait(LIMIT_S)
    said = log.read_text("utf-8")
    assert code == 1, said
    assert said.count(RELOADED) == 1
    assert NO_MEMORY in said
    assert "Traceback" not in said
    assert LONG[:20] not in said
