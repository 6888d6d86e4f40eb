"""A real server and the real ONNX Runtime, in a process that suddenly gets no more memory."""

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
from latency.paths import ROOT
from latency.replay.server import free_port
from tests.faults.conftest import LIMIT_S, POLL_S, TOKEN, Serving

HUNGRY = ROOT / "tests" / "cli" / "hungry.py"  # each run of its model needs 256 MB
TEXT = "Please let me know if you have any que"
MORE_BYTES = 32_000_000  # for what Python needs
RELOADED = "event='out_of_memory'"


@contextmanager
def hungry_server(state: Path, log: Path) -> Iterator[Serving]:
    """From when it is ready to its end."""
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "backend", ROOT, HUNGRY.parent))),
        "FORETYPE_STATE_DIR": str(state),
        "FORETYPE_TOKEN": TOKEN,
        "FORETYPE_BUDGET_MS": "5000",
    }
    with log.open("wb") as out:
        command = [sys.executable, str(HUNGRY), "serve", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out, text=True)
    try:
        serving = Serving(process, port)
        assert serving.is_ready(), log.read_text("utf-8")
        yield serving
    finally:
        process.kill()
        process.wait()


def limit_memory(process: psutil.Process) -> None:
    """From now on, the process gets hardly more memory than it has."""
    status = Path(f"/proc/{process.pid}/status").read_text("ascii")
    (kilobytes,) = re.findall(r"^VmData:\s+(\d+) kB$", status, re.MULTILINE)  # what RLIMIT_DATA counts
    _, most = process.rlimit(psutil.RLIMIT_DATA)
    process.rlimit(psutil.RLIMIT_DATA, (int(kilobytes) * 1024 + MORE_BYTES, most))


def lift_limit(process: psutil.Process) -> None:
    _, most = process.rlimit(psutil.RLIMIT_DATA)
    process.rlimit(psutil.RLIMIT_DATA, (most, most))


def status_of(server: Serving) -> int:
    """Of the answer to a text. 0 if the server ends meanwhile."""
    return server.request("/v1/complete", json.dumps({"before": TEXT}))[0]


def when_loaded(server: Serving) -> int:
    """The status of the first answer that is no refusal: while the model is being loaded, all are."""
    end = time.monotonic() + LIMIT_S
    while (status := status_of(server)) == 503 and time.monotonic() < end:
        time.sleep(POLL_S)
    return status


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can limit the memory of a process that runs")
def test_a_run_without_memory_loads_the_model_once_more_and_the_next_one_ends_the_server_with_a_sentence(
    tmp_path: Path,
) -> None:
    log = tmp_path / "log"
    with hungry_server(tmp_path / "state", log) as server:
        process = psutil.Process(server.process.pid)
        assert status_of(server) == 200
        limit_memory(process)
        assert status_of(server) not in (0, 200)
        lift_limit(process)
        assert when_loaded(server) == 200
        assert log.read_text("utf-8").count(RELOADED) == 1
        limit_memory(process)
        status_of(server)
        code = server.process.wait(LIMIT_S)
    said = log.read_text("utf-8")
    assert code == 1, said
    assert said.count(RELOADED) == 1
    assert NO_MEMORY in said
    assert "Traceback" not in said
    assert TEXT not in said
