"""`POST /v1/pair` exchanges a code for a token. `POST /v1/code` makes a code for the server's own page."""

from __future__ import annotations

import asyncio
import math

from aiohttp import hdrs, web

from foretype.server.admission import UNAUTHORIZED, Denied
from foretype.server.frames import ErrorCode, Refused
from foretype.server.protocol import read_object, string
from foretype.server.refusal import refuse
from foretype.server.requests import SERVICE, body_of, is_from_this_machine, owner_of
from foretype.server.state_file import CLIENT_CHARS
from foretype.server.tenants import Signed

CODE_FOR_PAGE_SECONDS = 120.0  # from the button on the page to the confirmation in the extension
WRONG_CODE = Refused(
    ErrorCode.UNAUTHORIZED, "This code is wrong, used or expired: make another with `foretype pair`."
)


async def pair(request: web.Request) -> web.Response:
    service = request.app[SERVICE]
    message = read_object(await body_of(request))
    code = string(message, "code", 64)
    client = "" if message.get("client") is None else string(message, "client", CLIENT_CHARS)
    lockout = service.link_lockout if message.get("by_link") is True else service.lockout
    async with service.redeeming:
        wait = lockout.remaining()
        if wait > 0:
            seconds = math.ceil(wait)
            too_many = Refused(ErrorCode.RATE_LIMITED, f"Too many wrong codes: try again in {seconds} s.")
            return refuse(too_many, seconds)
        # If this is cancelled, the code may be used and its token lost: the user makes another code.
        token = await asyncio.to_thread(service.pairing.redeem, code, client)
        if token is None:
            lockout.wrong()
            return refuse(WRONG_CODE)
        lockout.right()
    return web.json_response({"token": token})


async def make_code(request: web.Request) -> web.Response:
    """A code that the playground page gives to the extension in the same browser.

    A code can be exchanged for a token, so only the server's own page may ask, on this machine and with a
    token.
    """
    service = request.app[SERVICE]
    own = request.headers.get(hdrs.ORIGIN) in service.guard.own
    if not own or not is_from_this_machine(request):
        return refuse(UNAUTHORIZED)
    owner = await owner_of(request)
    if isinstance(owner, Denied):
        return refuse(owner.refused, owner.retry_s)
    if isinstance(owner, Signed):  # a token from pairing never expires, and has no tenant
        return refuse(UNAUTHORIZED)
    made = await asyncio.to_thread(service.pairing.new_code, CODE_FOR_PAGE_SECONDS)
    return web.json_response({"code": made})
