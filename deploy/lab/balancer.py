"""Does the work of a Service and an Ingress: one address in front of all ready pods.

It follows the Endpoints that the real controller makes of the Service. A new connection goes to the pod that
has the fewest.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Coroutine

from deploy.lab.api import Api, Manifest
from deploy.lab.network import on_this_machine

CHUNK = 65536
Address = tuple[str, int]


def addresses_of(endpoints: Manifest, port: str) -> list[Address]:
    """The addresses at which the ready pods of a Service listen here, for its port of this name."""
    return [
        (on_this_machine(one["ip"]), listed["port"])
        for subset in endpoints.get("subsets") or []
        for listed in subset["ports"]
        if listed["name"] == port
        for one in subset.get("addresses") or []
    ]


class Balancer:
    """It listens on a port of 127.0.0.1, which `run` opens."""

    def __init__(self, api: Api, port: int, namespace: str, service: str) -> None:
        self.port = port
        self.sockets: Counter[Address] = Counter()
        """Open connections by the address of the pod."""
        self._api = api
        self._path = f"/api/v1/namespaces/{namespace}/endpoints"
        self._service = service
        self._ready: list[Address] = []

    def busy(self) -> int:
        """How many pods have open connections."""
        return sum(count > 0 for count in self.sockets.values())

    async def run(self) -> None:
        """Until cancelled."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        async with server:
            field = f"metadata.name={self._service}"
            async for found in self._api.watch(self._path, fieldSelector=field):
                self._ready = [one for each in found.values() for one in addresses_of(each, "ws")]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection. It is closed if there is no pod."""
        with contextlib.closing(writer), contextlib.suppress(ConnectionError):
            for address in sorted(self._ready, key=self.sockets.__getitem__):
                with contextlib.suppress(ConnectionError):
                    inner_reader, inner_writer = await asyncio.open_connection(*address)
                    break
            else:
                return
            self.sockets[address] += 1
            try:
                with contextlib.closing(inner_writer):
                    await _either_ends(_copied(reader, inner_writer), _copied(inner_reader, writer))
            finally:
                self.sockets[address] -= 1


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()


async def _either_ends(*ways: Coroutine[None, None, None]) -> None:
    """Until one of them ends. The other one is cancelled: nobody would read the rest that it copies."""
    tasks = [asyncio.create_task(one) for one in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
