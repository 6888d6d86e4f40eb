"""Starts a server from this checkout for a measurement: on a free port, with a random token."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from latency.paths import ROOT
from latency.replay.connection import ServerLostError

UNHURRIED = {"FORETYPE_BUDGET_MS": "5000", "FORETYPE_SHORTEN_WHEN_BUSY": "false"}
"""For figures of quality: a typist who types each key as soon as the last one is answered leaves the model no
pause, and what is suggested must not depend on how busy the machine is.
"""
READY_TIMEOUT_S = 20 * 60.0  # it may have to prepare its model first
STOP_TIMEOUT_S = 10.0
STARTING = "Starting a server. If its model is not prepared yet, this takes minutes."


@dataclass(frozen=True, slots=True)
class Program:
    """The program that serves: a Python, and the checkout whose files it runs. Default: this checkout."""

    python: str = sys.executable
    root: Path = ROOT

    def environment(self) -> dict[str, str]:
        """The variables of this process, with which `python` imports the files of `root`."""
        return dict(os.environ) | {"PYTHONPATH": str(self.root / "backend")}


@dataclass(frozen=True, slots=True)
class OwnServer:
    """A server that the measurement has started. `ready_s` is the time from its start until it was ready."""

    address: str
    token: str
    pid: int
    ready_s: float


class StartedServer:
    """A server that may not answer yet, and its process."""

    def __init__(self, port: int, token: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.token = token
        self.process = process
        self._log = log

    async def answers(self) -> None:
        """Wait until the server listens, which it does before it has a model. Raises `ServerLostError`."""
        await self._has_status(range(100, 600))

    async def ready(self) -> None:
        """Wait until the server serves a model. Raises `ServerLostError`."""
        await self._has_status(range(200, 201))

    async def _has_status(self, wanted: range) -> None:
        """Asks again and again: no event says in all cases that a server is ready."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_TIMEOUT_S), aiohttp.ClientSession() as http:
                while self.process.returncode is None:
                    with contextlib.suppress(aiohttp.ClientError):
                        async with http.get(f"{self.address}/healthz") as answer:
                            if answer.status in wanted:
                                return
                    await asyncio.sleep(0.05)
        raise ServerLostError(
            f"The server did not become ready (exit code {self.process.returncode}). "
            f"Its output is in {self._log}"
        )


@contextlib.asynccontextmanager
async def own_server(
    log: Path,
    *,
    unlimited_rate: bool = False,
    settings: Mapping[str, str] | None = None,
    program: Program | None = None,
) -> AsyncIterator[OwnServer]:
    """Starts `foretype serve`, waits until it is ready, and stops it at the end. Its output goes to `log`.

    The options are those of `started_server`. Raises `ServerLostError` if the server does not become ready.
    """
    began = asyncio.get_running_loop().time()
    async with started_server(
        log, unlimited_rate=unlimited_rate, settings=settings, program=program
    ) as server:
        await server.ready()
        ready_s = asyncio.get_running_loop().time() - began
        yield OwnServer(server.address, server.token, server.process.pid, ready_s)


@contextlib.asynccontextmanager
async def started_server(
    log: Path,
    *,
    unlimited_rate: bool = False,
    settings: Mapping[str, str] | None = None,
    program: Program | None = None,
) -> AsyncIterator[StartedServer]:
    """Starts `foretype serve`, and stops it at the end if it still runs. Its output goes to `log`.

    `unlimited_rate` removes the server's limit on keystrokes per second, which a person never reaches.
    `settings` are additional `FORETYPE_…` variables. `program` is another server than that of this checkout.
    """
    program = program or Program()
    port, token = free_port(), secrets.token_urlsafe(24)
    here = {"FORETYPE_HOST": "127.0.0.1", "FORETYPE_PORT": str(port), "FORETYPE_TOKEN": token}
    if unlimited_rate:
        here["FORETYPE_KEYSTROKES_PER_SECOND"] = "100000"
    # The figures are not those of a laptop on its battery, unless that is asked for.
    usual = {"FORETYPE_FRUGAL": "off", "FORETYPE_SOCKET_MINUTES": "0"} if program.root == ROOT else {}
    surroundings = program.environment() | usual | dict(settings or {}) | here
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(program.python, "-m", "foretype", "serve"),
            cwd=program.root,
            env=surroundings,
            stdout=out,
            stderr=out,
        )
    try:
        yield StartedServer(port, token, process, log)
    finally:
        await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def free_port() -> int:
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Different ports of this machine on which nothing listens now."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
