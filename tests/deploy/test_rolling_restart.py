"""Two servers behind HAProxy are restarted, or one of them is killed, while people type: nobody notices."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

import foretype
from deploy.machine import haproxy
from latency.replay.server import free_ports
from tests.deploy.typist import Typist

PROGRAM = [sys.executable, str(Path(__file__).resolve().parents[1] / "cli" / "fake_models.py"), "serve"]
TOKEN = "a-token-of-the-tests"
TYPISTS = 12
WAIT_SECONDS = 60


class Replica:
    """`foretype serve` with an engine that answers at once, in a process that is started again."""

    def __init__(self, name: str, port: int, operations: int, allowed: str, state: Path) -> None:
        self.name, self.port, self.operations = name, port, operations
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(Path(foretype.__file__).parents[1]),
            "FORETYPE_PORT": str(port),
            "FORETYPE_OPERATIONS_PORT": str(operations),
            "FORETYPE_STATE_DIR": str(state / name),
            "FORETYPE_ALLOWED_HOSTS": allowed,
            "FORETYPE_TOKEN": TOKEN,
            "FORETYPE_TLS_IN_FRONT": "true",
            "FORETYPE_DRAIN_SECONDS": "1",
        }
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Until it gives suggestions, which it says with its address."""
        quiet = asyncio.subprocess.DEVNULL
        self._process = await asyncio.create_subprocess_exec(
            *PROGRAM, env=self._environment, stdout=asyncio.subprocess.PIPE, stderr=quiet
        )
        assert self._process.stdout is not None
        while b"http://" not in (line := await self._process.stdout.readline()):
            assert line, "the server has ended"

    async def stop(self) -> int:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return await self._process.wait()

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


class Proxy:
    """HAProxy in a process."""

    def __init__(self, program: str, folder: Path, replicas: list[Replica], port: int) -> None:
        self._program = program
        self._control = folder / "admin.sock"
        self._file = folder / "haproxy.cfg"
        servers = [(replica.name, replica.port, replica.operations) for replica in replicas]
        self._file.write_text(haproxy(servers, f"127.0.0.1:{port}", str(self._control)))
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(self._program, "-db", "-f", str(self._file))

    async def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            await self._process.wait()

    async def until_up(self, *names: str) -> None:
        """Until HAProxy has noticed that these servers are ready."""
        while not await self._are_up({*names}):  # noqa: ASYNC110  # HAProxy has to be asked
            await asyncio.sleep(0.02)

    async def _are_up(self, names: set[str]) -> bool:
        states = await self._states()
        return all(states.get(name, "").startswith("UP") for name in names)

    async def _states(self) -> dict[str, str]:
        try:
            reader, writer = await asyncio.open_unix_connection(str(self._control))
        except (FileNotFoundError, ConnectionRefusedError):  # it is starting
            return {}
        writer.write(b"show stat\n")
        rows = [line.split(",") for line in (await reader.read()).decode().splitlines() if line]
        writer.close()
        return {row[1]: row[17] for row in rows if row[0] == "servers"}


@contextlib.asynccontextmanager
async def machine(program: str, folder: Path) -> AsyncIterator[tuple[Proxy, list[Replica], str]]:
    """Two servers behind HAProxy, and the address of its WebSocket."""
    front, *ports = free_ports(5)
    allowed = f"127.0.0.1:{front}"
    replicas = [
        Replica(f"s0{number + 1}", ports[2 * number], ports[2 * number + 1], allowed, folder)
        for number in (0, 1)
    ]
    proxy = Proxy(program, folder, replicas, front)
    async with contextlib.AsyncExitStack() as ending:
        for one in (*replicas, proxy):
            ending.push_async_callback(one.kill)
        await asyncio.gather(*(replica.start() for replica in replicas))
        await proxy.start()
        await proxy.until_up("s01", "s02")
        yield proxy, replicas, f"http://{allowed}/v1/socket"


@contextlib.asynccontextmanager
async def people_typing(url: str) -> AsyncIterator[list[Typist]]:
    """Typists who have their first answers when the block begins, and their last ones when it has ended."""
    stop = asyncio.Event()
    async with aiohttp.ClientSession() as http:
        typists = [Typist(http, url, TOKEN) for _ in range(TYPISTS)]
        typing = [asyncio.create_task(typist.type(stop)) for typist in typists]
        await next_answers(typists)
        yield typists
        stop.set()
        await asyncio.gather(*typing)
    slowest = max(typist.longest_s for typist in typists)
    print(f"{sum(typist.answered for typist in typists)} keystrokes, the slowest in {slowest:.3f} s")


async def next_answers(typists: list[Typist]) -> None:
    for typist in typists:
        typist.answers_come.clear()
    await asyncio.gather(*(typist.answers_come.wait() for typist in typists))


async def test_no_keystroke_waits_for_more_than_one_reconnection(
    haproxy_program: str, tmp_path: Path
) -> None:
    async with (
        asyncio.timeout(WAIT_SECONDS),
        machine(haproxy_program, tmp_path) as (proxy, replicas, url),
        people_typing(url) as typists,
    ):
        for replica in replicas:
            assert await replica.stop() == 0
            await replica.start()
            await proxy.until_up("s01", "s02")
    # All were on the second server when it was stopped; those that began on the first were moved before.
    assert all(typist.moved >= 1 for typist in typists)
    assert sum(typist.moved for typist in typists) > TYPISTS
    assert sum(typist.refused for typist in typists) == 0
    assert sum(typist.cut for typist in typists) == 0


async def test_a_server_that_is_killed_costs_each_of_its_sockets_one_reconnection(
    haproxy_program: str, tmp_path: Path
) -> None:
    async with (
        asyncio.timeout(WAIT_SECONDS),
        machine(haproxy_program, tmp_path) as (_, replicas, url),
        people_typing(url) as typists,
    ):
        await replicas[0].kill()
        await next_answers(typists)
    assert 0 < sum(typist.cut for typist in typists) < TYPISTS
    assert all(typist.cut <= 1 for typist in typists)
    # HAProxy has not asked the dead server yet: it finds nobody there, and opens the socket on the other one.
    assert sum(typist.refused for typist in typists) == 0
