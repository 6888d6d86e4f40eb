"""`foretype prepare` and `foretype serve`, on a machine that has run neither before: they reach nothing over
the network, and no file appears outside Foretype's own folders.

ONNX Runtime looks up the name of its collector about ten seconds after it was loaded. So the test starts a
second process after the server, in which telemetry is on. Once the second process has tried to look up the
name, the server would have tried too, if its telemetry were on. Then the server is stopped.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import certifi
import pytest

from tests.privacy import strace

pytestmark = pytest.mark.skipif(os.name == "nt", reason="folders and signals are those of Unix")
needs_strace = pytest.mark.skipif(strace.why_not() is not None, reason=str(strace.why_not()))

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 120.0  # of each step
TOKEN = "a-token-of-the-tests"
MARKERS = {name: f"zqx{name}zqx" for name in ("before", "after", "subject", "answered", "label")}
TALKATIVE = "import onnxruntime, sys; sys.stdin.read()"


@dataclass(frozen=True)
class Machine:
    """Folders that are empty at first. The commands run in `home`; temporary files go to `temp`."""

    home: Path
    temp: Path
    own: Path  # Foretype's: the prepared models and the state

    @property
    def environment(self) -> dict[str, str]:
        """No variable of the test run: ONNX Runtime looks for those of CI services."""
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "backend"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(self.home),
            "TMPDIR": str(self.temp),
            "LOGNAME": "somebody",  # without it PyTorch asks the system for the user's name
            "SSL_CERT_FILE": certifi.where(),  # without certificates ONNX Runtime does not send
            "FORETYPE_MODELS_DIR": str(self.own / "models"),
            "FORETYPE_STATE_DIR": str(self.own / "state"),
            "FORETYPE_TOKEN": TOKEN,
            "FORETYPE_LOG_LEVEL": "debug",
        }

    def strangers(self) -> list[Path]:
        """Files outside Foretype's own folders."""
        return [path for folder in (self.home, self.temp) for path in folder.rglob("*") if not path.is_dir()]


@dataclass(frozen=True)
class Ran:
    """said: what it printed and logged, at the most talkative level, and its metrics."""

    code: int
    strangers: list[Path]
    trace: str
    answer: Mapping[str, Any]
    said: str = ""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("own")


def new_machine(tmp_path_factory: pytest.TempPathFactory, own: Path) -> Machine:
    return Machine(tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("temp"), own)


@pytest.fixture(scope="module")
def preparing(tmp_path_factory: pytest.TempPathFactory, own: Path, made_folder: Path) -> Ran:
    machine = new_machine(tmp_path_factory, own)
    return asyncio.run(prepare(machine, made_folder))


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory, own: Path, preparing: Ran) -> Ran:
    assert preparing.code == 0
    machine = new_machine(tmp_path_factory, own)
    return asyncio.run(serve(machine))


async def prepare(machine: Machine, folder: Path) -> Ran:
    trace = machine.own / "prepare.trace"
    process = await started(machine, ["-m", "foretype", "prepare", str(folder)], trace)
    async with asyncio.timeout(DEADLINE_S):
        await process.communicate()
    return ended(machine, process, trace, {})


async def serve(machine: Machine) -> Ran:
    trace = machine.own / "serve.trace"
    command = ["-m", "foretype", "serve", "--model", "tiny-gpt2", "--port", "0"]
    process = await started(machine, command, trace)
    try:
        address = await printed_address(process)
        answer, metrics = await complete(address)
        if strace.why_not() is None:
            await collector_looked_up(
                machine.environment | {"HOME": str(machine.own), "TMPDIR": str(machine.own)}
            )
        process.terminate()
        async with asyncio.timeout(DEADLINE_S):
            printed, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return replace(ended(machine, process, trace, answer), said=printed.decode() + metrics)


async def started(machine: Machine, command: list[str], trace: Path) -> asyncio.subprocess.Process:
    """Python with `command`, under strace if it can be used here."""
    program = [sys.executable, *command]
    if strace.why_not() is None:
        program = strace.watched(*program, into=trace)
    return await asyncio.create_subprocess_exec(
        *program,
        cwd=machine.home,
        env=machine.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


def ended(
    machine: Machine, process: asyncio.subprocess.Process, trace: Path, answer: Mapping[str, Any]
) -> Ran:
    assert process.returncode is not None
    said = trace.read_text("utf-8") if trace.exists() else ""
    return Ran(process.returncode, machine.strangers(), said, answer)


async def printed_address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(DEADLINE_S):
        async for line in process.stdout:
            if line.startswith(b"http://"):
                return line.decode().split("/#")[0]
    raise AssertionError("the server ended before it was ready")


async def complete(address: str) -> tuple[Mapping[str, Any], str]:
    """The answer to one keystroke, and the metrics after it."""
    keystroke = {
        "before": f"{MARKERS['before']}. Thanks for the qui",
        "after": MARKERS["after"],
        "kind": "email",
        "subject": MARKERS["subject"],
        "context": {"answered": MARKERS["answered"], "label": MARKERS["label"]},
    }
    limit = aiohttp.ClientTimeout(total=DEADLINE_S)
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=limit) as http,
        http.post(f"{address}/v1/complete", json=keystroke) as answer,
    ):
        assert answer.status == 200
        found: Mapping[str, Any] = await answer.json()
        async with http.get(f"{address}/metrics") as metrics:
            return found, await metrics.text()


async def collector_looked_up(environment: Mapping[str, str]) -> None:
    """Wait until an ONNX Runtime whose telemetry is on tries to look up a name."""
    process = await asyncio.create_subprocess_exec(
        *strace.watched(sys.executable, "-c", TALKATIVE),
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(DEADLINE_S):
            async for line in process.stderr:
                if strace.reached(line.decode(errors="replace")):
                    return
    except TimeoutError:
        pass
    finally:
        process.kill()
        await process.communicate()
    raise AssertionError("ONNX Runtime with telemetry on looks up no name here, so this test proves nothing")


def test_preparing_a_model_leaves_no_file_outside_its_own_folders(preparing: Ran) -> None:
    assert preparing.code == 0
    assert preparing.strangers == []


@needs_strace
def test_preparing_a_model_from_a_folder_looks_no_name_up_and_connects_to_nothing(preparing: Ran) -> None:
    assert preparing.trace
    assert strace.reached(preparing.trace) == []


def test_a_server_that_answered_a_keystroke_leaves_no_file_outside_its_own_folders(serving: Ran) -> None:
    assert serving.code == 0
    assert serving.answer["final"] is True
    assert serving.answer["source"] == "model"
    assert serving.strangers == []


@pytest.mark.parametrize("marker", MARKERS.values(), ids=MARKERS)
def test_what_a_keystroke_carries_is_in_no_file_no_log_and_no_metric(
    serving: Ran, own: Path, marker: str
) -> None:
    assert "foretype_keystrokes" in serving.said
    assert marker not in serving.said
    files = [path for path in own.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if marker.encode() in path.read_bytes()] == []


@needs_strace
def test_a_server_writes_nowhere_but_in_its_own_folders(serving: Ran, own: Path) -> None:
    assert [path for path in strace.written(serving.trace) if not path.is_relative_to(own)] == []


@needs_strace
def test_a_server_looks_no_name_up_and_connects_to_nothing(serving: Ran) -> None:
    assert serving.trace
    assert strace.reached(serving.trace) == []
