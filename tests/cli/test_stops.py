"""Commands end well when they are stopped, whatever the model thread does; and they leave no core dump."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

ROOT = Path(__file__).parents[2]
ENDLESS = [sys.executable, str(Path(__file__).with_name("endless.py"))]
TOKEN = "a-token-for-tests-only"
INTERRUPTED = 130


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'backend'}{os.pathsep}{ROOT}",
        "FORETYPE_STATE_DIR": str(tmp_path / "state"),
        "FORETYPE_TOKEN": TOKEN,
    }


@asynccontextmanager
async def serving(environment: dict[str, str]) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A server that is ready, and its address."""
    process = await asyncio.create_subprocess_exec(
        *ENDLESS, "serve", "--port", "0",
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        await process.stdout.readline()
        address = (await process.stdout.readline()).decode().partition("/#")[0]
        await process.stdout.readline()
        yield process, address
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def type_one_key(http: aiohttp.ClientSession, address: str) -> None:
    """Returns when it is answered at the end of its budget: its run goes on."""
    async with http.ws_connect(f"{address}/v1/socket", protocols=["foretype.v1"]) as socket:
        await socket.send_json({"type": "hello", "token": TOKEN, "client": "tests/1"})
        assert (await socket.receive_json())["type"] == "welcome"
        await socket.send_json(
            {"type": "keystroke", "field": "f", "seq": 1, "before": "Hello a", "after": ""}
        )
        assert (await socket.receive_json())["reason"] == "budget"


async def ended(process: asyncio.subprocess.Process) -> tuple[int | None, bytes]:
    """Its exit code, and what it said on stderr."""
    async with asyncio.timeout(30):  # it hangs
        _, errors = await process.communicate()
    return process.returncode, errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_server_that_is_stopped_inside_a_run_ends_with_0(
    environment: dict[str, str], number: signal.Signals
) -> None:
    async with serving(environment) as (process, address), aiohttp.ClientSession() as http:
        await type_one_key(http, address)
        process.send_signal(number)
        assert await ended(process) == (0, b"")


async def test_the_second_signal_ends_a_server_that_waits_for_a_run(environment: dict[str, str]) -> None:
    async with serving(environment) as (process, address), aiohttp.ClientSession() as http:
        await type_one_key(http, address)
        async with http.ws_connect(f"{address}/v1/socket", protocols=["foretype.v1"]) as socket:
            await socket.send_json({"type": "hello", "token": TOKEN, "client": "tests/1"})
            await socket.receive_json()
            process.send_signal(signal.SIGINT)
            assert (await socket.receive_json())["code"] == "draining"  # the first was heard
            process.send_signal(signal.SIGINT)
            assert await ended(process) == (INTERRUPTED, b"")


def test_complete_that_has_its_answer_before_a_run_has_ended_prints_it_and_ends_with_0(
    environment: dict[str, str],
) -> None:
    environment["FORETYPE_BUDGET_MS"] = "100"
    result = subprocess.run(
        [*ENDLESS, "complete", "Hello a", "--json"],
        env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout)["reason"] == "budget"


@pytest.mark.parametrize(
    "command", [["serve", "--port", "0"], ["complete", "Hello a"]], ids=["serve", "complete"]
)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_while_the_model_is_loaded_does_not_wait_for_it(
    environment: dict[str, str], command: list[str], number: signal.Signals
) -> None:
    process = await asyncio.create_subprocess_exec(
        *ENDLESS, *command, "--model", "loads-for-ever",
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        while await process.stdout.readline() != b"loading\n":
            pass
        process.send_signal(number)
        assert await ended(process) == (INTERRUPTED, b"")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


REPORT = """
import ctypes, json, resource, sys
def report(*_):
    print(json.dumps([ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE)]))
    sys.exit()
"""
COMMAND = "import foretype.cli; foretype.cli.main = report; from foretype.__main__ import main; main()"
CHILD = "from foretype.compare import child; child.MeasuringTask.from_json = report; child.main()"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prctl is Linux's")
@pytest.mark.parametrize("started", [COMMAND, CHILD], ids=["a command", "a child of compare"])
def test_what_sees_typed_text_leaves_no_core_dump(environment: dict[str, str], started: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", REPORT + started],
        env=environment, input="{}\n", capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert json.loads(ran.stdout) == [0, [0, 0]]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
async def test_a_server_that_is_killed_by_a_fault_dumps_no_core(environment: dict[str, str]) -> None:
    async with serving(environment) as (process, _):
        assert_no_dump_of(process.pid)
        process.send_signal(signal.SIGABRT)
        assert (await ended(process))[0] == -signal.SIGABRT


def assert_no_dump_of(pid: int) -> None:
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert re.search(r"^Max core file size\s+0\s+0\s", limits, re.MULTILINE)
    assert Path(f"/proc/{pid}/environ").stat().st_uid == 0  # root's, whoever started it: it is not dumpable
