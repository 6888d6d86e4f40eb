"""`GET /v1/socket`: the WebSocket's handshake, and the limits of its transport."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket as sockets
from collections.abc import Callable

from aiohttp import hdrs, web

from foretype.engine.contract import Engine
from foretype.server import frames
from foretype.server.connection import CLOSE_INTERNAL, DRAINING, FAREWELL_SECONDS, Connection
from foretype.server.http_connection import HttpConnection
from foretype.server.refusal import LOADING, refuse
from foretype.server.requests import SERVICE, peer_of
from foretype.server.service import Phase, Service
from foretype.support import logs

HEARTBEAT_SECONDS = 30.0
SEND_BUFFER_BYTES = 32 * 1024  # small, because a frame that waits for a slow reader is soon out of date
LONGEST_READ_BYTES = 1024 * 1024
WEBSOCKET_VERSION = "13"
WEBSOCKET_KEY = re.compile("[A-Za-z0-9+/]{22}==")  # 16 bytes


async def open_socket(request: web.Request) -> web.StreamResponse:
    service = request.app[SERVICE]
    wrong = _wrong_handshake(request)
    if wrong is not None:
        return wrong
    if service.phase is not Phase.READY or service.engine is None:
        refused = DRAINING if service.phase is Phase.DRAINING else LOADING
        return refuse(refused, retry_s=1)
    opened = _websocket(service)
    http = request.protocol
    assert isinstance(http, HttpConnection)
    if not http.become_socket(service.limits.bytes_before_welcome):
        return web.Response(status=400, text="The bytes after the handshake are not a short masked frame.")
    await opened.prepare(request)
    _keep_buffers_short(request)
    await _converse(request, opened, service.engine, http.welcomed)
    return opened


def _wrong_handshake(request: web.Request) -> web.Response | None:
    """The answer to a request that does not ask for this WebSocket. None if it does."""
    if request.headers.get(hdrs.UPGRADE, "").lower() != "websocket":
        return web.Response(
            status=426,
            text=f"This route is a WebSocket: connect with the subprotocol {frames.SUBPROTOCOL}.",
            headers={hdrs.UPGRADE: "websocket"},
        )
    offered = ",".join(request.headers.getall(hdrs.SEC_WEBSOCKET_PROTOCOL, []))
    if frames.SUBPROTOCOL not in [name.strip() for name in offered.split(",")]:
        return web.Response(status=400, text=f"Offer the WebSocket subprotocol {frames.SUBPROTOCOL}.")
    # aiohttp checks these too, but fails at some values, and quotes others in its answer.
    headers = request.headers
    upgrades = [name.strip().lower() for name in headers.get(hdrs.CONNECTION, "").split(",")]
    key = WEBSOCKET_KEY.fullmatch(headers.get(hdrs.SEC_WEBSOCKET_KEY, ""))
    version = headers.get(hdrs.SEC_WEBSOCKET_VERSION)
    if "upgrade" not in upgrades or key is None or version != WEBSOCKET_VERSION:
        return web.Response(
            status=400,
            text=f"The handshake is not one of WebSocket version {WEBSOCKET_VERSION}.",
            headers={hdrs.SEC_WEBSOCKET_VERSION: WEBSOCKET_VERSION},
        )
    return None


def _websocket(service: Service) -> web.WebSocketResponse[bool]:
    return web.WebSocketResponse(
        protocols=(frames.SUBPROTOCOL,),
        compress=False,
        timeout=FAREWELL_SECONDS,
        heartbeat=HEARTBEAT_SECONDS,
        # `Connection` checks the limit of a message. This limit is for messages so long that they are not
        # even read: aiohttp ends the connection while bytes still arrive, and the client may not learn why.
        max_msg_size=max(service.limits.message_bytes, LONGEST_READ_BYTES) + 1,
        writer_limit=0,
        decode_text=False,
    )


async def _converse(
    request: web.Request,
    opened: web.WebSocketResponse[bool],
    engine: Engine,
    welcomed: Callable[[], None],
) -> None:
    """Serve the connection until it ends."""
    service = request.app[SERVICE]
    connection = Connection(opened, engine, service, peer_of(request), welcomed)
    service.connections.add(connection)
    service.metrics.connections.inc()
    try:
        await connection.run()
    except Exception as error:  # if it went further up, the answer would be HTTP inside the WebSocket
        service.lines.error("connection_failed", **logs.of(error))
        with contextlib.suppress(Exception):
            await opened.close(code=CLOSE_INTERNAL, message=b"internal")
    finally:
        service.connections.discard(connection)
        service.metrics.connections.dec()
        if request.transport is not None:
            # Time for the last frames to leave. A client that does not read must not keep the transport.
            asyncio.get_running_loop().call_later(FAREWELL_SECONDS, request.transport.abort)


def _keep_buffers_short(request: web.Request) -> None:
    """Make the sender wait early for a client that does not read, so that its next frame is the newest."""
    if request.transport is None:
        return
    request.transport.set_write_buffer_limits(high=SEND_BUFFER_BYTES)
    raw = request.transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, SEND_BUFFER_BYTES)
