"""One TCP connection around aiohttp: its place, its time limits, and the number of bytes that it may send
before the server knows its client. It also makes the answers that no route gives.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast

from aiohttp import hdrs, web

from foretype.server.connection import FAREWELL_SECONDS
from foretype.server.headers import SAFE
from foretype.server.masking import MaskCheck
from foretype.server.patience import Patience, Phase
from foretype.server.places import NoPlace, Places
from foretype.server.reach import network_of, parsed
from foretype.support import logs
from foretype.support.logs import SparseLines

HEAD_BYTES = 32 * 1024
REFUSED_AT_ONCE = 32
"""The number of refused connections that wait for their clients to read the answer. If there are more, the
oldest is closed.
"""
RETRY_SECONDS = 10
LAST_FILES = 8

BAD_REQUEST = "The server cannot read this request: it is not valid HTTP/1.1."
FAILED = "The server failed to process this request: try again."
SENTENCES = {
    NoPlace.ALL_TAKEN: f"The server has no room for another connection: try again in {RETRY_SECONDS} s.",
    NoPlace.NETWORK_HAS_ITS_SHARE: "Too many connections are open from this address: close one, or try again "
    f"in {RETRY_SECONDS} s.",
}
TOO_LONG = b"\x88\x12\x03\xf1message too long"
NOT_MASKED = b"\x88\x0c\x03\xeanot masked"
"""Close frames of a WebSocket: 1009 and 1002."""


@dataclass(slots=True)
class Entrance:
    """The state that the connections of one server share."""

    places: Places
    lines: SparseLines
    is_behind_a_proxy: bool
    files: int | None
    """The number of files that this process may open; None if there is no limit."""
    refused_at_once: int = REFUSED_AT_ONCE
    refused: dict[asyncio.Transport, None] = field(default_factory=dict)
    """Connections whose refusal the client may not have read yet, the oldest first."""


class HttpConnection(web.RequestHandler):
    """aiohttp's connection with limits. Lives on the event loop."""

    __slots__ = ("_entrance", "_has_place", "_masks", "_network", "_patience", "_room")

    def __init__(self, entrance: Entrance, server: web.Server, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            server, loop=loop, access_log=cast(Any, None), auto_decompress=False, lingering_time=2.0
        )
        self._entrance = entrance
        self._patience = Patience(loop, self._expired)
        self._network: str | None = None
        self._has_place = False
        self._room: int | None = HEAD_BYTES
        self._masks = MaskCheck()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        made = cast(asyncio.Transport, transport)
        self._watch_files(made)
        self._network = self._network_of(made)
        why = self._entrance.places.take(self._network)
        if why is not None:
            self._refuse(made, why)
            return
        self._has_place = True
        super().connection_made(transport)
        self._patience.enter(Phase.HEAD)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._patience.enter(Phase.OVER)
        if self._has_place:
            self._has_place = False
            self._entrance.places.give_back(self._network)
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        patience = self._patience
        if patience.phase is Phase.OVER:
            return
        if patience.phase is Phase.IDLE and data:
            self._room = HEAD_BYTES
            patience.enter(Phase.HEAD)
        elif patience.phase is Phase.SOCKET and (why := self._wrong_in(data)) is not None:
            self._leave(why)
            return
        requests = self._request_count
        super().data_received(data)
        if patience.phase is not Phase.HEAD:
            return
        if self._request_count > requests:
            patience.enter(Phase.REQUEST)
        elif self._room is not None:
            self._room -= len(data)
            if self._room < 0:
                self._leave(
                    plain(
                        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                        f"The head of the request is longer than {HEAD_BYTES} bytes: send shorter headers.",
                    )
                )

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        # If this is cancelled, the connection ends.
        finished = await super().finish_response(request, resp, start_time)
        if self._patience.phase in (Phase.REQUEST, Phase.SOCKET):
            # A client may send several requests at once: those that wait are in `_messages`.
            self._patience.enter(Phase.REQUEST if self._messages else Phase.IDLE)
        return finished

    def become_socket(self, most_bytes: int) -> bool:
        """The connection is a WebSocket from now on. Before `welcomed`, the client may send `most_bytes`.

        False if the bytes that came with the handshake already break the rules.
        """
        self._room = most_bytes
        self._masks = MaskCheck()
        self._patience.enter(Phase.SOCKET)
        return self._wrong_in(self._message_tail) is None

    def welcomed(self) -> None:
        self._room = None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to bytes that are not HTTP, and to a request for which the code around the routes has
        failed.

        `message` is aiohttp's, and may quote the request.
        """
        if status == HTTPStatus.BAD_REQUEST:
            logs.logger().debug("bad_request")
        else:
            self._entrance.lines.error("request_failed", **({} if exc is None else logs.of(exc)))
        if request.writer.output_size > 0:
            raise ConnectionError("Another response has been sent in part.")
        sentence = BAD_REQUEST if status == HTTPStatus.BAD_REQUEST else FAILED
        response = web.Response(status=status, text=sentence, headers=SAFE)
        response.force_close()
        return response

    def _network_of(self, transport: asyncio.Transport) -> str | None:
        """The network that shares the places of this connection. None if they are not counted."""
        peer = transport.get_extra_info("peername")
        if self._entrance.is_behind_a_proxy or not isinstance(peer, tuple):
            return None
        address = parsed(peer[0])
        return None if address.is_loopback else network_of(address)

    def _wrong_in(self, data: bytes) -> bytes | None:
        """The close frame for the next bytes of a WebSocket. None if they may be read."""
        if self._room is not None:
            self._room -= len(data)
            if self._room < 0:
                return TOO_LONG
        return None if self._masks.passes(data) else NOT_MASKED

    def _refuse(self, transport: asyncio.Transport, why: NoPlace) -> None:
        entrance = self._entrance
        self._patience.enter(Phase.OVER)
        entrance.lines.warning(why.value, connections=entrance.places.taken)
        entrance.refused[transport] = None
        self._say_last(transport, plain(HTTPStatus.SERVICE_UNAVAILABLE, SENTENCES[why], RETRY_SECONDS))
        self._loop.call_later(FAREWELL_SECONDS, entrance.refused.pop, transport, None)
        if len(entrance.refused) > entrance.refused_at_once:
            oldest = next(iter(entrance.refused))
            del entrance.refused[oldest]
            oldest.close()

    def _watch_files(self, transport: asyncio.Transport) -> None:
        """Log an error if file numbers run out. A new file gets the lowest free number. If none is free, the
        system resets new connections.
        """
        raw = transport.get_extra_info("socket")
        if raw is None or self._entrance.files is None:
            return
        if raw.fileno() >= self._entrance.files - LAST_FILES:
            self._entrance.lines.error("open_files_run_out", connections=self._entrance.places.taken)

    def _expired(self, phase: Phase) -> None:
        if phase is Phase.IDLE or (phase is Phase.HEAD and self._room == HEAD_BYTES):
            # The client has sent nothing. If a browser connects in advance, it would take an answer now for
            # the answer to its first request.
            self.force_close()
        elif phase is Phase.HEAD:
            self._leave(plain(HTTPStatus.REQUEST_TIMEOUT, "The request did not arrive in time."))
        elif self.transport is not None:
            self.transport.abort()  # the client does not read, or does not send its body

    def _leave(self, last: bytes) -> None:
        self._patience.enter(Phase.OVER)  # bytes that arrive from now on are ignored
        if self.transport is not None:
            self._say_last(self.transport, last)

    def _say_last(self, transport: asyncio.Transport, last: bytes) -> None:
        """Send the last bytes, and end the connection when the client has had time to read them.

        If the server closed a socket with unread bytes, the system would reset the connection, and the client
        might not read the answer. Over TLS, the server cannot close only its own direction of the connection.
        """
        transport.write(last)
        if transport.can_write_eof():
            transport.write_eof()
            self._loop.call_later(FAREWELL_SECONDS, transport.abort)
        else:
            transport.close()


def plain(status: HTTPStatus, sentence: str, retry_s: int | None = None) -> bytes:
    """A whole response, for a connection that ends after it."""
    headers = {
        **SAFE,
        hdrs.CONTENT_TYPE: "text/plain; charset=utf-8",
        hdrs.CONTENT_LENGTH: str(len(sentence)),
        hdrs.CONNECTION: "close",
    }
    if retry_s is not None:
        headers[hdrs.RETRY_AFTER] = str(retry_s)
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {headers[name]}" for name in headers)]
    return "\r\n".join([*lines, "", sentence]).encode("ascii")
