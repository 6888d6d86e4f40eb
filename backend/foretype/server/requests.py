"""Values that the routes read from a request: the service, the owner of its token, the client's address."""

from __future__ import annotations

import asyncio

from aiohttp import hdrs, web

from foretype.server.admission import Denied
from foretype.server.credentials import Client
from foretype.server.protocol import UnreadableError
from foretype.server.reach import Address, parsed
from foretype.server.service import Service

SERVICE = web.AppKey("service", Service)
BODY_SECONDS = 30.0


async def body_of(request: web.Request) -> bytes:
    """The request's body. Raises `UnreadableError`, or aiohttp's exception if it is too long or too slow."""
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise UnreadableError("The body has a Content-Encoding: send it without one.")
    try:
        # If this is cancelled, the request is not answered: its connection ends.
        async with asyncio.timeout(BODY_SECONDS):
            body = await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except web.RequestPayloadError:
        raise UnreadableError("The body does not match its Content-Length or Transfer-Encoding.") from None
    if not body.strip():
        raise UnreadableError("The request has no body: send one JSON object.")
    return body


async def owner_of(request: web.Request) -> Client | Denied:
    """The client that the request's token belongs to. Raises `BadStateError`."""
    admission, token = request.app[SERVICE].admission, _bearer(request)
    await admission.prepare(token)
    return admission.owner(token, peer_of(request))


def _bearer(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def is_from_this_machine(request: web.Request) -> bool:
    """Whether the client is on loopback and is not a proxy that forwards another client's request."""
    if request.app[SERVICE].is_behind_a_proxy:
        return False  # some proxies do not say that they forward a request
    if "Forwarded" in request.headers or "X-Forwarded-For" in request.headers:
        return False
    peer = peer_of(request)
    return peer is not None and peer.is_loopback


def peer_of(request: web.Request) -> Address | None:
    """The address at the other end of the connection. None if the connection has ended already."""
    peer = request.transport.get_extra_info("peername") if request.transport is not None else None
    return parsed(peer[0]) if isinstance(peer, tuple) else None
