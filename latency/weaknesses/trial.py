"""Servers that are started for one trial: each with folders and settings of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from latency.errors import MeasurementError
from latency.replay.server import StartedServer, free_port, started_server
from latency.versus.checkout import Checkout

READY_S = 60.0
STOP_S = 10.0
CODE = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b")


class TrialError(MeasurementError):
    """A trial cannot be made. The message says why."""


@dataclass(frozen=True, slots=True)
class Found:
    """held: whether the promise was kept. seen: what shows it."""

    held: bool
    seen: str


@dataclass(frozen=True, slots=True)
class Output:
    """A server as a plain process. `log`: what it prints."""

    address: str
    process: asyncio.subprocess.Process
    log: Path

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Trial:
    """One server's program and settings, and a folder that is empty at the beginning."""

    checkout: Checkout
    folder: Path

    @property
    def settings(self) -> dict[str, str]:
        return {**self.checkout.settings, "FORETYPE_STATE_DIR": str(self.folder / "state")}

    @contextlib.asynccontextmanager
    async def serving(self, settings: Mapping[str, str] | None = None) -> AsyncIterator[StartedServer]:
        """A server with a fixed token that serves its model. Raises `ServerLostError`."""
        everything = self.settings | dict(settings or {})
        log = self.folder / "server.log"
        async with started_server(
            log, unlimited_rate=True, settings=everything, program=self.checkout.program
        ) as server:
            await server.ready()
            yield server

    @contextlib.asynccontextmanager
    async def started(self, settings: Mapping[str, str]) -> AsyncIterator[Output]:
        """A process without a fixed token, which may end at once or not become ready."""
        port, log = free_port(), self.folder / "server.log"
        wanted = {"FORETYPE_PORT": str(port)} | dict(settings)
        with log.open("wb") as out:
            process = await self.command("serve", settings=wanted, output=out.fileno())
        try:
            yield Output(f"http://127.0.0.1:{port}", process, log)
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(STOP_S):
                        await process.wait()
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def command(
        self, *arguments: str, settings: Mapping[str, str] | None = None, output: int
    ) -> asyncio.subprocess.Process:
        """`foretype` with these arguments. `output`: the descriptor of all that it prints."""
        program = self.checkout.program
        environment = program.environment() | self.settings | dict(settings or {})
        environment = {name: value for name, value in environment.items() if name != "FORETYPE_TOKEN"}
        return await asyncio.create_subprocess_exec(
            *(program.python, "-m", "foretype", *arguments),
            cwd=program.root,
            env=environment,
            stdout=output,
            stderr=output,
        )

    async def pairing_code(self) -> str:
        """A code from `foretype pair`. Raises `TrialError`."""
        process = await self.command("pair", output=asyncio.subprocess.PIPE)
        printed, _ = await process.communicate()
        found = CODE.search(printed.decode("utf-8", "replace"))
        if found is None:
            raise TrialError(f"`foretype pair` of {self.checkout.name} printed no code.")
        return found.group()


async def is_ready(server: Output) -> bool:
    """Waits until the server serves its model. False if it ends, or is not ready in `READY_S`."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(READY_S), aiohttp.ClientSession() as http:
            while server.process.returncode is None:
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"{server.address}/healthz") as answer:
                        if answer.status == 200:
                            return True
                await asyncio.sleep(0.05)
    return False


def files_in(folder: Path) -> list[Path]:
    return [Path(where) / name for where, _, names in os.walk(folder) for name in names]
