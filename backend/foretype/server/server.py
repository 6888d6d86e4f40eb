"""A server's life in ordered phases: bind, open (503 loading), ready, drain, close."""

from __future__ import annotations

import asyncio
import socket as sockets
import ssl
import time
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from foretype.engine.contract import Engine
from foretype.server import playground
from foretype.server.app import make_app
from foretype.server.credentials import SignedReader, Tokens
from foretype.server.draining import close_all
from foretype.server.guard import Guard
from foretype.server.http_connection import REFUSED_AT_ONCE, Entrance, HttpConnection
from foretype.server.limits import ClientLimits
from foretype.server.listen import BACKLOG
from foretype.server.operations import make_operations
from foretype.server.pairing import Pairing
from foretype.server.patience import SECONDS
from foretype.server.patience import Phase as Waiting
from foretype.server.places import Places
from foretype.server.reach import bound_addresses, is_every_address
from foretype.server.service import Phase, Service
from foretype.server.shedding import Shedder, ShedPolicy, shed
from foretype.server.tenants import Quota
from foretype.server.traced import TracesMissingError
from foretype.support import logs
from foretype.support.clock import Clock
from foretype.support.open_files import Room
from foretype.support.settings import Settings
from foretype.words.desk import LearningDesk
from foretype.words.store import WordStore

if TYPE_CHECKING:
    from foretype.server.provider_tokens import ProviderTokens
    from foretype.support.collector import Collector

LINGER_SECONDS = 2.0


def _signed_tokens(settings: Settings) -> SignedReader | None:
    """Raises `BadFileError`."""
    if settings.tokens_keys is None:
        return None
    from foretype.server.signed_tokens import SignedTokens  # loads two packages that most servers do not need

    return SignedTokens(settings.tokens_keys, settings.tokens_revoked)


def _provider_tokens(settings: Settings) -> ProviderTokens | None:
    """Raises `BadFileError`."""
    if settings.oidc_issuer is None or settings.oidc_audience is None:
        return None
    from foretype.server.provider_keys import ProviderKeys
    from foretype.server.provider_tokens import ProviderTokens
    from foretype.server.signed_tokens import REVOKED_NAME

    revoked = settings.tokens_revoked
    if revoked is None and settings.tokens_keys is not None:
        revoked = settings.tokens_keys.with_name(REVOKED_NAME)
    return ProviderTokens(
        ProviderKeys(settings.oidc_issuer),
        settings.oidc_issuer,
        settings.oidc_audience,
        settings.oidc_tenant_claim,
        revoked,
    )


def _collector(settings: Settings, service: Service) -> Collector | None:
    """Raises `TracesMissingError`."""
    if settings.traces is None:
        return None
    try:
        from foretype.support.collector import Collector  # loads OpenTelemetry
    except ModuleNotFoundError as missing:
        raise TracesMissingError from missing
    return Collector(settings.traces, settings.traces_share, service.metrics.spans)


class Server:
    """One server on bound sockets, which it closes.

    Making one raises `BadFileError` if the keys of signed tokens cannot be read, and `TracesMissingError` if
    traces are on without their packages. Each method is called once:
    `open`, `ready`, `drain`, `close`. `ready` is left out if no model was loaded.
    """

    def __init__(
        self,
        settings: Settings,
        bound: list[sockets.socket],
        pairing: Pairing | None = None,
        files: dict[str, playground.File] | None = None,
        clock: Clock = time.monotonic,
        tls: ssl.SSLContext | None = None,
        room: Room | None = None,
        operations: list[sockets.socket] | None = None,
    ) -> None:
        """`files`: the playground's; None for those that are installed. `tls`: the context for HTTPS; None
        for HTTP. `room`: for how many connections; None for the setting. `operations`: the sockets of the
        operations port, which are closed, too; None for no such port.
        """
        self.port: int = bound[0].getsockname()[1]
        every = [address for address in bound_addresses(bound) if is_every_address(address)]
        self._host = every[0] if every else settings.host
        self._tls = tls
        self.pairing = pairing or Pairing(settings.state_dir)
        token = settings.token.get_secret_value() if settings.token else None
        self._provider = _provider_tokens(settings)
        self.service = Service(
            guard=Guard.of(
                self._host,
                self.port,
                settings.allowed_hosts,
                settings.allowed_origins,
                tls=tls is not None,
            ),
            limits=ClientLimits.of(settings),
            budget_ms=settings.budget_ms,
            is_behind_a_proxy=settings.tls_in_front,
            pairing=self.pairing,
            tokens=Tokens(token, self.pairing, _signed_tokens(settings), self._provider),
            quota=Quota(settings.tenant_keystrokes_per_second, settings.tenant_sockets),
            clock=clock,
        )
        self._collector = _collector(settings, self.service)
        if self._collector is not None:
            self.service.metrics.stages.traces = self._collector.traces
        self._words = WordStore(settings.state_dir, settings.own_words_most) if settings.own_words else None
        self._bound = bound
        room = room or Room(settings.connections, None, 0)
        self._places = Places(room.connections, settings.connections_per_address)
        self._entrance = Entrance(
            self._places,
            self.service.lines,
            self.service.is_behind_a_proxy,
            room.files,
            min(REFUSED_AT_ONCE, room.spare // 2),
        )
        self._listening: list[asyncio.AbstractServer] = []
        self._drain_seconds = settings.drain_seconds
        longest_age_s = 60 * settings.socket_minutes or None
        self._shedder = Shedder(
            ShedPolicy(longest_age_s, settings.sockets_target),
            clock,
            report=lambda: self.service.balance.report,
        )
        self._shedding: asyncio.Task[None] | None = None
        self._operations = operations or []
        self._operations_runner = web.AppRunner(
            make_operations(self.service), shutdown_timeout=0, handle_signals=False, access_log=None
        )
        self._runner = web.AppRunner(
            make_app(self.service, files), shutdown_timeout=LINGER_SECONDS, handle_signals=False
        )

    @property
    def address(self) -> str:
        """The URL of the server for a browser on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"

    async def open(self) -> None:
        """Begin to answer requests. Until `ready`, completions are refused as `overloaded`.

        Raises `ProviderError` if there is an OpenID Connect provider whose keys cannot be fetched. Without
        the keys, the server would tell people that their tokens are wrong.
        """
        if self._provider is not None:
            await self._provider.keys.start()
        await self._runner.setup()
        if self._words is not None:
            self.service.learning = LearningDesk(
                self._words,
                asyncio.get_running_loop(),
                self._knows,
                self.service.limits.context_chars,
            )
        server, loop = self._runner.server, asyncio.get_running_loop()
        assert server is not None
        for one in self._bound:
            listening = await loop.create_server(
                partial(HttpConnection, self._entrance, server, loop),
                sock=one,
                backlog=BACKLOG,
                ssl=self._tls,
                ssl_handshake_timeout=None if self._tls is None else SECONDS[Waiting.HEAD],
            )
            self._listening.append(listening)
        await self._operations_runner.setup()
        for one in self._operations:
            await web.SockSite(self._operations_runner, one).start()
        logs.logger().info("open", port=self.port, phase=Phase.LOADING.value)

    def ready(self, engine: Engine) -> None:
        """Begin to serve keystrokes. `close` closes the engine."""
        self.service.engine = engine
        self.service.phase = Phase.READY
        self.service.metrics.loaded(engine.models)
        self._shedding = asyncio.create_task(shed(self._shedder, lambda: self.service.connections))
        logs.logger().info("ready", models=", ".join(engine.models), provider=engine.provider)

    def _knows(self, word: str) -> bool:
        return self.service.engine is not None and self.service.engine.knows(word)

    async def drain(self) -> None:
        """Tell every client that the server is shutting down, and close its socket, within `drain_seconds`.

        Until then, keystrokes are answered. New sockets are refused.
        """
        self.service.phase = Phase.DRAINING
        if self._shedding is not None:
            self._shedding.cancel()
        connections = list(self.service.connections)
        logs.logger().info("draining", connections=len(connections))
        # If this is cancelled, some clients are not told. `close` closes their sockets anyway.
        await close_all(connections, self._drain_seconds)

    async def close(self) -> None:
        """Stop listening, wait up to `LINGER_SECONDS` for requests in progress, and close the engine."""
        for listening in self._listening:
            listening.close()
        await self._runner.cleanup()
        await self._operations_runner.cleanup()
        if self.service.learning is not None:
            await self.service.learning.close()
        if self.service.engine is not None:
            await self.service.engine.close()
        if self._collector is not None:
            await self._collector.close()
        if self._provider is not None:
            await self._provider.keys.close()
        logs.logger().info("closed")
