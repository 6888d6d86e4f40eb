"""The routes, and the check that every request passes first, also if its path does not exist."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from foretype.server import playground, words_routes
from foretype.server.admission import Denied
from foretype.server.complete_route import complete
from foretype.server.frames import ErrorCode, Refused
from foretype.server.guard import Verdict
from foretype.server.headers import add_headers, preflight
from foretype.server.pair_routes import make_code, pair
from foretype.server.protocol import UnreadableError
from foretype.server.refusal import refuse
from foretype.server.requests import SERVICE, is_from_this_machine, owner_of
from foretype.server.service import Phase, Service
from foretype.server.socket_route import open_socket
from foretype.server.state_file import BadStateError
from foretype.support import logs, metrics
from foretype.words.errors import WordsFileError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

IMPORT_PATH = "/v1/words/import"
PLAYGROUND = web.AppKey("playground", dict[str, playground.File])


def make_app(service: Service, files: dict[str, playground.File] | None = None) -> web.Application:
    """`files`: the playground's files; None for those that are installed."""
    app = web.Application(middlewares=[_guarded], client_max_size=service.limits.message_bytes)
    app[SERVICE] = service
    app[PLAYGROUND] = playground.load() if files is None else files
    app.on_response_prepare.append(add_headers)
    app.router.add_get("/", _playground)
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/metrics", _metrics)
    app.router.add_post("/v1/complete", complete)
    app.router.add_get("/v1/words", words_routes.listed, allow_head=False)
    app.router.add_post("/v1/words", words_routes.changed)
    app.router.add_delete("/v1/words", words_routes.forgotten)
    app.router.add_get("/v1/words/export", words_routes.exported, allow_head=False)
    app.router.add_post(IMPORT_PATH, words_routes.imported)
    app.router.add_post("/v1/pair", pair)
    app.router.add_post("/v1/code", make_code)
    app.router.add_get("/v1/socket", open_socket, allow_head=False)
    for path in app[PLAYGROUND]:
        if path != "/":
            app.router.add_get(path, _playground)
    return app


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Check the request's Host and Origin, run the handler, and turn each exception into an answer."""
    headers = request.headers
    verdict = request.app[SERVICE].guard.check(headers.getall(hdrs.HOST, []), headers.getall(hdrs.ORIGIN, []))
    if verdict is not Verdict.WELCOME:
        return web.Response(status=403, text=verdict.value)
    if request.method == hdrs.METH_OPTIONS and hdrs.ORIGIN in headers:
        return preflight(request)
    try:
        return await handler(request)
    except UnreadableError as bad:
        return refuse(Refused(bad.code, bad.message))
    except WordsFileError as bad:
        request.app[SERVICE].lines.error("words_file", code=bad.cause)
        return refuse(words_routes.UNUSABLE)
    except BadStateError as bad:
        request.app[SERVICE].lines.error("state_file", code=bad.cause)
        return refuse(Refused(ErrorCode.INTERNAL, bad.for_clients))
    except web.HTTPRequestEntityTooLarge:
        is_import = request.path == IMPORT_PATH
        limit = words_routes.IMPORT_BYTES if is_import else request.app[SERVICE].limits.message_bytes
        what_to_do = "use `foretype words import` where the server runs" if is_import else "send less context"
        too_long = f"The body is longer than {limit} bytes: {what_to_do}."
        return refuse(Refused(ErrorCode.TEXT_TOO_LONG, too_long))
    except web.HTTPException as plain:
        allow = {hdrs.ALLOW: plain.headers[hdrs.ALLOW]} if hdrs.ALLOW in plain.headers else None
        return web.Response(status=plain.status, text=f"{plain.reason}.", headers=allow)
    except ConnectionError:  # the client has gone, so nobody reads the answer
        return web.Response(status=400)
    except Exception as error:  # no caller sees this error: log its places in the code, never its message
        logs.logger().error("request_failed", **logs.of(error))
        return refuse(Refused(ErrorCode.INTERNAL, "The server failed to process this request: try again."))


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
    if not is_from_this_machine(request):
        owner = await owner_of(request)
        if isinstance(owner, Denied):
            return refuse(owner.refused, owner.retry_s)
    return web.Response(body=service.metrics.text(), headers={hdrs.CONTENT_TYPE: metrics.CONTENT_TYPE})
