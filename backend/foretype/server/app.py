"""The routes. Every request passes `_guarded` first, also one for a path that does not exist."""

from __future__ import annotations

import asyncio
import math
import socket as sockets
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from foretype.engine.contract import Engine, Failure
from foretype.engine.keystroke import Keystroke, Suggestion
from foretype.server import frames, playground
from foretype.server.admission import UNAUTHORIZED, TurnedAway
from foretype.server.connection import DRAINING, FAREWELL_SECONDS, INTERNAL, Connection
from foretype.server.frames import ErrorCode, Refused
from foretype.server.guard import Verdict
from foretype.server.pairing import BadStateError
from foretype.server.protocol import UnreadableError, read_keystroke, read_object, string
from foretype.server.reach import Address, parsed
from foretype.server.service import Phase, Service
from foretype.support import logs, metrics

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SERVICE = web.AppKey("service", Service)
PLAYGROUND = web.AppKey("playground", dict[str, playground.File])

HEARTBEAT_SECONDS = 30.0
SEND_BUFFER_BYTES = 32 * 1024  # what is on its way to a slow reader is stale: keep it short
LONGEST_READ_BYTES = 1024 * 1024
CODE_FOR_PAGE_SECONDS = 120.0  # from the page's button to the confirmation in the extension
GRACE_SECONDS = 1.0  # after the budget, before an engine that does not answer is an error

_STATUS = {
    ErrorCode.BAD_MESSAGE: 400,
    ErrorCode.UNAUTHORIZED: 401,
    ErrorCode.TEXT_TOO_LONG: 413,
    ErrorCode.TOO_MANY_FIELDS: 409,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.OVERLOADED: 503,
    ErrorCode.DRAINING: 503,
    ErrorCode.INTERNAL: 500,
}
_LOADING = Refused(ErrorCode.OVERLOADED, "The model is still loading: try again in a moment.")


def make_app(service: Service, files: dict[str, playground.File] | None = None) -> web.Application:
    app = web.Application(middlewares=[_guarded], client_max_size=service.limits.message_bytes)
    app[SERVICE] = service
    app[PLAYGROUND] = playground.load() if files is None else files
    app.on_response_prepare.append(_add_headers)
    app.router.add_get("/", _playground)
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/metrics", _metrics)
    app.router.add_post("/v1/complete", _complete)
    app.router.add_post("/v1/pair", _pair)
    app.router.add_post("/v1/code", _code)
    app.router.add_get("/v1/socket", _socket, allow_head=False)
    for path in app[PLAYGROUND]:
        if path != "/":
            app.router.add_get(path, _playground)
    return app


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let in who may come in, and say plainly what went wrong where something did."""
    headers = request.headers
    verdict = request.app[SERVICE].guard.check(headers.getall(hdrs.HOST, []), headers.getall(hdrs.ORIGIN, []))
    if verdict is not Verdict.WELCOME:
        return web.Response(status=403, text=verdict.value)
    if request.method == hdrs.METH_OPTIONS and hdrs.ORIGIN in headers:
        return _preflight(request)
    try:
        return await handler(request)
    except UnreadableError as bad:
        return _refuse(Refused(bad.code, bad.message))
    except BadStateError as bad:
        logs.logger().error("clients_unreadable", **logs.of(bad))
        return _refuse(Refused(ErrorCode.INTERNAL, str(bad)))
    except web.HTTPRequestEntityTooLarge:
        limit = request.app[SERVICE].limits.message_bytes
        return _refuse(
            Refused(ErrorCode.TEXT_TOO_LONG, f"The body is longer than {limit} bytes: send less context.")
        )
    except web.HTTPException as plain:
        allow = {hdrs.ALLOW: plain.headers[hdrs.ALLOW]} if hdrs.ALLOW in plain.headers else None
        return web.Response(status=plain.status, text=f"{plain.reason}.", headers=allow)
    except Exception as error:  # the last one to see it: log where it was, never what it said
        logs.logger().error("request_failed", **logs.of(error))
        return _refuse(Refused(ErrorCode.INTERNAL, "The server failed at this request: try again."))


def _preflight(request: web.Request) -> web.Response:
    """A browser asks whether the extension may send its request; the guard has already said who may."""
    return web.Response(
        status=204,
        headers={
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, POST",
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: "authorization, content-type",
            hdrs.ACCESS_CONTROL_MAX_AGE: "600",
            **(
                {"Access-Control-Allow-Private-Network": "true"}
                if request.headers.get("Access-Control-Request-Private-Network") == "true"
                else {}
            ),
        },
    )


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    headers = response.headers
    headers[hdrs.SERVER] = "foretype"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
    headers[hdrs.VARY] = "Origin"
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None and response.status != 403 and request.app[SERVICE].guard.is_foreign(origin):
        headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin


async def _playground(request: web.Request) -> web.Response:
    file = request.app[PLAYGROUND].get(request.path)
    if file is None:
        return web.Response(status=503, text=playground.NOT_BUILT)
    return web.Response(
        body=file.content,
        content_type=file.content_type,
        charset=file.charset,
        headers={
            "Content-Security-Policy": playground.policy(request.host, request.app[SERVICE].guard.own),
            hdrs.CACHE_CONTROL: "no-cache",
        },
    )


async def _healthz(request: web.Request) -> web.Response:
    service = request.app[SERVICE]
    if service.phase is not Phase.READY or service.engine is None:
        return web.json_response({"status": service.phase.value}, status=503)
    model, provider = service.engine.model, service.engine.provider
    return web.json_response({"status": service.phase.value, "model": model, "provider": provider})


async def _metrics(request: web.Request) -> web.Response:
    service = request.app[SERVICE]
    if not _from_this_machine(request):
        owner = _owner(request)
        if isinstance(owner, TurnedAway):
            return _refuse(owner.refused, owner.retry_s)
    return web.Response(body=service.metrics.text(), headers={hdrs.CONTENT_TYPE: metrics.CONTENT_TYPE})


async def _pair(request: web.Request) -> web.Response:
    service = request.app[SERVICE]
    message = read_object(await request.read())
    code = string(message, "code", 64)
    client = "" if message.get("client") is None else string(message, "client", 64)
    async with service.redeeming:
        wait = service.lockout.remaining()
        if wait > 0:
            seconds = math.ceil(wait)
            return _refuse(
                Refused(ErrorCode.RATE_LIMITED, f"Too many wrong codes: try again in {seconds} s."),
                retry=seconds,
            )
        # Cancelled here the code may be used up and its token lost: the person makes another code.
        token = await asyncio.to_thread(service.pairing.redeem, code, client)
        if token is None:
            service.lockout.wrong()
            return _refuse(
                Refused(
                    ErrorCode.UNAUTHORIZED,
                    "This code is wrong, used or too old: make another with `foretype pair`.",
                )
            )
        service.lockout.right()
    return web.json_response({"token": token})


async def _code(request: web.Request) -> web.Response:
    """A pairing code for the browser that shows the playground: it hands it to the extension beside it.

    Only for the server's own page, on this machine, that has been let in itself: a code is as good as a
    token.
    """
    service = request.app[SERVICE]
    own = request.headers.get(hdrs.ORIGIN) in service.guard.own
    if not own or not _from_this_machine(request):
        return _refuse(UNAUTHORIZED)
    owner = _owner(request)
    if isinstance(owner, TurnedAway):
        return _refuse(owner.refused, owner.retry_s)
    return web.json_response(
        {"code": await asyncio.to_thread(service.pairing.new_code, CODE_FOR_PAGE_SECONDS)}
    )


async def _complete(request: web.Request) -> web.Response:
    """One keystroke in, its final answer out. `type`, `field`, `seq` and `after` may be left out."""
    service = request.app[SERVICE]
    owner = _owner(request)
    if isinstance(owner, TurnedAway):
        return _refuse(owner.refused, owner.retry_s)
    message = {"type": "keystroke", "field": "", "seq": 0, "after": "", **read_object(await request.read())}
    if message["type"] != "keystroke":
        raise UnreadableError("'type' must be keystroke.")
    field = string(message, "field", service.limits.name_chars)
    keystroke = read_keystroke(message, service.limits)
    if service.phase is Phase.DRAINING:
        return _refuse_keystroke(service, DRAINING)
    if service.engine is None:
        return _refuse_keystroke(service, _LOADING, retry=1)
    if not service.bucket(owner).take():
        too_many = Refused(ErrorCode.RATE_LIMITED, "Too many keystrokes a second: send fewer.")
        return _refuse_keystroke(service, too_many, retry=1)
    return await _answered(service, service.engine, field, keystroke)


def _refuse_keystroke(service: Service, refused: Refused, retry: int | None = None) -> web.Response:
    """Counted as the socket counts it."""
    service.metrics.error(refused.code.value)
    return _refuse(refused, retry=retry)


async def _answered(service: Service, engine: Engine, field: str, keystroke: Keystroke) -> web.Response:
    result: asyncio.Future[tuple[Suggestion | Failure, float]] = asyncio.get_running_loop().create_future()

    def answer(
        field: str, seq: int, outcome: Suggestion | Failure, *, final: bool, elapsed_ms: float
    ) -> None:
        if final and not result.done():
            result.set_result((outcome, elapsed_ms))

    service.metrics.keystroke()
    desk = engine.open(answer)
    try:
        desk.keystroke(field, keystroke)
        async with asyncio.timeout(service.budget_ms / 1000 + GRACE_SECONDS):
            outcome, elapsed_ms = await result
    except TimeoutError:
        late = Refused(ErrorCode.INTERNAL, INTERNAL, field, keystroke.seq, final=True)
        return _refuse_keystroke(service, late)
    finally:
        desk.close()  # also when the client has gone away and this was cancelled
    service.answered(outcome, elapsed_ms)
    if isinstance(outcome, Failure):
        return _refuse_keystroke(service, Refused.because(outcome, field, keystroke.seq))
    text = frames.suggestion(field, keystroke.seq, outcome, final=True, elapsed_ms=elapsed_ms)
    return web.Response(text=text, content_type="application/json")


async def _socket(request: web.Request) -> web.StreamResponse:
    service = request.app[SERVICE]
    if request.headers.get(hdrs.UPGRADE, "").lower() != "websocket":
        return web.Response(
            status=426,
            text=f"This is a WebSocket: connect with subprotocol {frames.SUBPROTOCOL}.",
            headers={hdrs.UPGRADE: "websocket"},
        )
    offered = ",".join(request.headers.getall(hdrs.SEC_WEBSOCKET_PROTOCOL, []))
    if frames.SUBPROTOCOL not in [name.strip() for name in offered.split(",")]:
        return web.Response(status=400, text=f"Offer the WebSocket subprotocol {frames.SUBPROTOCOL}.")
    if service.phase is not Phase.READY or service.engine is None:
        refused = DRAINING if service.phase is Phase.DRAINING else _LOADING
        return _refuse(refused, retry=1)
    socket: web.WebSocketResponse[bool] = web.WebSocketResponse(
        protocols=(frames.SUBPROTOCOL,),
        compress=False,
        timeout=FAREWELL_SECONDS,
        heartbeat=HEARTBEAT_SECONDS,
        # `Connection` keeps the limit of messages. This one is for those so long that they are not even read:
        # aiohttp then ends the connection while bytes are still coming in, and the peer may not see why.
        max_msg_size=max(service.limits.message_bytes, LONGEST_READ_BYTES) + 1,
        writer_limit=0,
        decode_text=False,
    )
    await socket.prepare(request)
    _keep_buffers_short(request)
    connection = Connection(socket, service.engine, service, _peer(request))
    service.connections.add(connection)
    service.metrics.connections.inc()
    try:
        await connection.run()
    finally:
        service.connections.discard(connection)
        service.metrics.connections.dec()
        if request.transport is not None:
            # Time for the last frames to leave. A peer that does not read them must not keep the transport.
            asyncio.get_running_loop().call_later(FAREWELL_SECONDS, request.transport.abort)
    return socket


def _keep_buffers_short(request: web.Request) -> None:
    """Have the sender wait early for a client that does not read, so that its next frame is the newest."""
    if request.transport is None:
        return
    request.transport.set_write_buffer_limits(high=SEND_BUFFER_BYTES)
    raw = request.transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, SEND_BUFFER_BYTES)


def _refuse(refused: Refused, retry: int | None = None) -> web.Response:
    headers = {} if retry is None else {hdrs.RETRY_AFTER: str(retry)}
    if refused.code is ErrorCode.UNAUTHORIZED:
        headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
    return web.Response(
        status=_STATUS[refused.code],
        text=frames.error(refused),
        content_type="application/json",
        headers=headers,
    )


def _owner(request: web.Request) -> str | TurnedAway:
    """Whose token the request brings along."""
    return request.app[SERVICE].admission.owner(_bearer(request), _peer(request))


def _bearer(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _from_this_machine(request: web.Request) -> bool:
    """Whether the peer is on loopback and not a proxy that speaks for somebody else."""
    if request.app[SERVICE].is_behind_a_proxy:
        return False  # not every proxy says for whom it speaks
    if "Forwarded" in request.headers or "X-Forwarded-For" in request.headers:
        return False
    peer = _peer(request)
    return peer is not None and peer.is_loopback


def _peer(request: web.Request) -> Address | None:
    """The address at the other end of the connection; None if it is gone already."""
    peer = request.transport.get_extra_info("peername") if request.transport is not None else None
    return parsed(peer[0]) if isinstance(peer, tuple) else None
