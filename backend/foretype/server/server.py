"""A server's life in ordered phases: bind, open (503 loading), ready, drain, close."""

from __future__ import annotations

import asyncio
import errno
import socket as sockets
import time

from aiohttp import web

from foretype.engine.contract import Engine
from foretype.server import playground
from foretype.server.app import make_app
from foretype.server.credentials import Tokens
from foretype.server.guard import WILDCARDS, Guard
from foretype.server.limits import ClientLimits
from foretype.server.pairing import Pairing
from foretype.server.service import Phase, Service
from foretype.support import logs
from foretype.support.clock import Clock
from foretype.support.settings import Settings

BACKLOG = 128
LINGER_SECONDS = 2.0


class CannotListenError(Exception):
    """The address cannot be listened on; the message says which setting to change."""


def bind(host: str, port: int) -> list[sockets.socket]:
    """Sockets for every address that `host` stands for, all on one port. Raises `CannotListenError`."""
    try:
        found = sockets.getaddrinfo(host or None, port, type=sockets.SOCK_STREAM, flags=sockets.AI_PASSIVE)
    except (sockets.gaierror, UnicodeError):
        raise CannotListenError(
            f"There is no address '{host}': set FORETYPE_HOST or --host to another."
        ) from None
    bound: list[sockets.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            chosen = bound[0].getsockname()[1] if bound else port
            one = sockets.socket(family, kind, protocol)
            bound.append(one)
            if family == sockets.AF_INET6:
                one.setsockopt(sockets.IPPROTO_IPV6, sockets.IPV6_V6ONLY, 1)
            one.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
            one.bind((address[0], chosen, *address[2:]))
            one.listen(BACKLOG)  # at once, so that a second server is told now and not after loading a model
            one.setblocking(False)
    except OSError as error:
        for one in bound:
            one.close()
        raise CannotListenError(_why(error, host, port)) from None
    return bound


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is in use, perhaps by another Foretype: stop that, "
            "or set FORETYPE_PORT or --port to another."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} may not be used by this account: set FORETYPE_PORT or --port to 1024 or more."
    return (
        f"{host} port {port} cannot be listened on: {error.strerror}. Set FORETYPE_HOST or --host to another."
    )


class Server:
    """One server on bound sockets, which it closes.

    Its methods are called once each, in the order they stand in.
    """

    def __init__(
        self,
        settings: Settings,
        bound: list[sockets.socket],
        pairing: Pairing | None = None,
        files: dict[str, playground.File] | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self.port: int = bound[0].getsockname()[1]
        self.pairing = pairing or Pairing(settings.state_dir)
        token = settings.token.get_secret_value() if settings.token else None
        self.service = Service(
            guard=Guard.of(settings.host, self.port, settings.allowed_hosts, settings.allowed_origins),
            limits=ClientLimits.of(settings),
            budget_ms=settings.budget_ms,
            pairing=self.pairing,
            tokens=Tokens(token, self.pairing),
            clock=clock,
        )
        self._bound = bound
        self._host = settings.host
        self._runner = web.AppRunner(
            make_app(self.service, files),
            access_log=None,
            shutdown_timeout=LINGER_SECONDS,
            handle_signals=False,
        )

    @property
    def address(self) -> str:
        """Where a browser on this machine finds the server."""
        host = "127.0.0.1" if self._host in WILDCARDS else self._host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    async def open(self) -> None:
        """Answer requests: health and pairing already, completions not yet."""
        await self._runner.setup()
        for one in self._bound:
            await web.SockSite(self._runner, one, backlog=BACKLOG).start()
        logs.logger().info("open", port=self.port, phase=Phase.LOADING.value)

    def ready(self, engine: Engine) -> None:
        """From here on keystrokes are taken. The engine is closed by `close`."""
        self.service.engine = engine
        self.service.phase = Phase.READY
        self.service.metrics.loaded(engine.model, engine.provider)
        logs.logger().info("ready", model=engine.model, provider=engine.provider)

    async def drain(self) -> None:
        """Tell every client at once that the server goes away, and close their sockets together."""
        self.service.phase = Phase.DRAINING
        connections = list(self.service.connections)
        logs.logger().info("draining", connections=len(connections))
        # Cancelled here some clients are not told; `close` ends their sockets all the same.
        await asyncio.gather(*(connection.leave() for connection in connections), return_exceptions=True)

    async def close(self) -> None:
        """Stop listening, wait briefly for requests in progress, stop the engine."""
        await self._runner.cleanup()
        if self.service.engine is not None:
            await self.service.engine.close()
        logs.logger().info("closed")
