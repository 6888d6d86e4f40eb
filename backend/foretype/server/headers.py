"""The headers of every response, and the answer to a CORS preflight request."""

from __future__ import annotations

from aiohttp import hdrs, web

from foretype.server.requests import SERVICE

SAFE = {
    str(hdrs.SERVER): "foretype",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    str(hdrs.CACHE_CONTROL): "no-store",
    str(hdrs.VARY): "Origin",
}
"""The headers of every response. A route may set its own policy and caching."""
ITS_OWN = ("Content-Security-Policy", str(hdrs.CACHE_CONTROL))


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    headers = response.headers
    for name, value in SAFE.items():
        if name in ITS_OWN:
            headers.setdefault(name, value)
        else:
            headers[name] = value
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None and response.status != 403 and request.app[SERVICE].guard.is_foreign(origin):
        headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin


def preflight(request: web.Request) -> web.Response:
    """A browser asks whether a page may send its request. The guard has checked the page's origin already."""
    headers: dict[str, str] = {
        hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, POST, DELETE",
        hdrs.ACCESS_CONTROL_ALLOW_HEADERS: "authorization, content-type",
        hdrs.ACCESS_CONTROL_MAX_AGE: "600",
    }
    if request.headers.get("Access-Control-Request-Private-Network") == "true":
        headers["Access-Control-Allow-Private-Network"] = "true"
    return web.Response(status=204, headers=headers)
