"""HAProxy before servers of this machine, with the configuration of deploy/machine.py."""

from __future__ import annotations

import asyncio
import csv
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from deploy.machine import haproxy
from latency.errors import MeasurementError

PLACES = "/usr/sbin:/usr/local/sbin:/opt/homebrew/bin"
UP_TIMEOUT_S = 30.0


class Behind(NamedTuple):
    """A server behind HAProxy: its name there, and its ports on 127.0.0.1."""

    name: str
    port: int
    operations: int


def find_haproxy() -> str:
    """The path of the program. Raises `MeasurementError`."""
    found = shutil.which("haproxy") or shutil.which("haproxy", path=PLACES)
    if found is None:
        raise MeasurementError("HAProxy is needed here: tools/need haproxy")
    return found


def on_cores(cores: Sequence[int] | None) -> tuple[str, ...]:
    """The beginning of a command that runs on these processors of Linux only; on all if it is None."""
    return ("taskset", "--cpu-list", ",".join(map(str, cores))) if cores else ()


class ServerState(NamedTuple):
    """What HAProxy says of a server. sockets: open ones."""

    is_up: bool
    sockets: int


class HAProxy:
    """HAProxy in a process. `folder` gets its configuration and the socket for questions."""

    def __init__(
        self,
        program: str,
        folder: Path,
        servers: Sequence[Behind],
        port: int,
        cores: Sequence[int] | None = None,
    ) -> None:
        self.port = port
        self._command = (*on_cores(cores), program)
        self._names = [server.name for server in servers]
        self._control = folder / "admin.sock"
        self._file = folder / "haproxy.cfg"
        self._file.write_text(haproxy(servers, f"127.0.0.1:{port}", str(self._control)), "utf-8")
        self._process: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command, "-db", "-q", "-f", str(self._file)
        )

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def until_up(self, names: Sequence[str] | None = None) -> None:
        """Until HAProxy has noticed that these servers, by default all, are ready.

        Raises `MeasurementError`.
        """
        try:
            async with asyncio.timeout(UP_TIMEOUT_S):
                while not await self._are_up(names or self._names):  # noqa: ASYNC110  # HAProxy has to be asked
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise MeasurementError("HAProxy does not find the servers ready.") from None

    async def servers(self) -> dict[str, ServerState]:
        """By their names; empty while HAProxy is starting."""
        rows = await self._servers()
        return {
            name: ServerState(row["status"].startswith("UP"), int(row["scur"])) for name, row in rows.items()
        }

    async def _are_up(self, names: Sequence[str]) -> bool:
        states = await self.servers()
        return all(name in states and states[name].is_up for name in names)

    async def _servers(self) -> dict[str, dict[str, str]]:
        """A row of HAProxy's statistics for each server; empty while HAProxy is starting."""
        try:
            reader, writer = await asyncio.open_unix_connection(str(self._control))
        except (FileNotFoundError, ConnectionRefusedError):
            return {}
        writer.write(b"show stat\n")
        said = (await reader.read()).decode().removeprefix("# ")
        writer.close()
        rows = csv.DictReader(line for line in said.splitlines() if line)
        return {
            row["svname"]: row for row in rows if row["pxname"] == "servers" and row["svname"] in self._names
        }
