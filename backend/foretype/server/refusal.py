"""An error of the protocol as an HTTP response."""

from __future__ import annotations

from aiohttp import hdrs, web

from foretype.server import frames
from foretype.server.frames import ErrorCode, Refused

STATUS = {
    ErrorCode.BAD_MESSAGE: 400,
    ErrorCode.UNAUTHORIZED: 401,
    ErrorCode.TEXT_TOO_LONG: 413,
    ErrorCode.TOO_MANY_FIELDS: 409,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.OVERLOADED: 503,
    ErrorCode.DRAINING: 503,
    ErrorCode.INTERNAL: 500,
}
LOADING = Refused(ErrorCode.OVERLOADED, "The model is still loading: try again in a moment.")


def refuse(refused: Refused, retry_s: int | None = None) -> web.Response:
    """`retry_s`: the seconds after which the client may try again, for `Retry-After`."""
    headers = {} if retry_s is None else {hdrs.RETRY_AFTER: str(retry_s)}
    if refused.code is ErrorCode.UNAUTHORIZED:
        headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
    return web.Response(
        status=STATUS[refused.code],
        text=frames.error(refused),
        content_type="application/json",
        headers=headers,
    )
