"""One WebSocket: a loop that receives and a task that sends, with the protocol and the engine's desk between
them.

The receive loop never waits for the model: it passes a keystroke to the desk, and answers come back through
`_answer`. It waits for the sender only if the client does not read and too many error frames are waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from aiohttp import WSCloseCode, WSMsgType, web

from foretype.engine.contract import Desk, Engine, Failure, FailureCode
from foretype.engine.keystroke import Suggestion
from foretype.server import frames
from foretype.server.admission import UNAUTHORIZED, Denied
from foretype.server.credentials import FIXED, Client, owner_in, person_of
from foretype.server.frames import ErrorCode, Refused
from foretype.server.mailbox import Mailbox
from foretype.server.proof import Challenge
from foretype.server.protocol import (
    Accepted,
    Dismissed,
    Event,
    FieldClosed,
    Hello,
    Ignored,
    Keystroked,
    Proof,
    Protocol,
)
from foretype.server.reach import Address
from foretype.server.service import Service
from foretype.server.state_file import BadStateError
from foretype.server.tenants import Signed
from foretype.support.stage import Stage

CLOSE_UNAUTHORIZED = 4401
CLOSE_NO_HELLO = 4408
CLOSE_GOING_AWAY = 1012
CLOSE_INTERNAL = 1011
FAREWELL_SECONDS = 2.0

DRAINING = Refused(
    ErrorCode.DRAINING, "The server is shutting down: connect again in a moment and send the text again."
)
MOVED = Refused(
    ErrorCode.DRAINING,
    "The server has closed this connection to spread the clients over all servers: connect again in a moment "
    "and send the text again.",
)
TENANT_FULL = Refused(
    ErrorCode.RATE_LIMITED,
    "Your organisation has reached its limit of connections: close some, or try again later.",
)
PASSED_ON = Refused(
    ErrorCode.UNAUTHORIZED,
    "The client has connected to an address that is not this server's, so another program forwards its "
    "messages: connect to the address that the server printed.",
)
Opening = TypeVar("Opening", Hello, Proof)
TRACES = itertools.count(1)
CONNECTIONS = itertools.count(1)
INTERNAL = "The server failed to process this keystroke. Continue typing: the next keystroke is a new try."


class Connection:
    """Exists as long as `run` runs. Another task of the same event loop may call `leave`."""

    def __init__(
        self,
        socket: web.WebSocketResponse[bool],
        engine: Engine,
        service: Service,
        address: Address | None,
        welcomed: Callable[[], None],
    ) -> None:
        """`address`: of the client. `welcomed` is called once its token was accepted."""
        self._socket = socket
        self._address = address
        self._on_welcome = welcomed
        self._engine = engine
        self._service = service
        self._protocol = Protocol(service.limits, service.clock, tuple(engine.models))
        self._mailbox = Mailbox()
        self._traced = service.traced_fields()
        self._sender: asyncio.Task[None] | None = None
        self._desk: Desk | None = None
        self._owner: Client = ""
        self._name = f"connection {next(CONNECTIONS)}"
        self._tenant: str | None = None  # whose place for a socket is taken
        self._fields = 0
        self._arrived = 0.0  # when the current message arrived
        self._all_answered = asyncio.Event()
        self._all_answered.set()
        self._sent_answer = asyncio.Event()
        self._keystroke_at = service.clock()  # of the last one; at first, when the connection was opened

    @property
    def idle_seconds(self) -> float:
        return self._service.clock() - self._keystroke_at

    async def run(self) -> None:
        """Serve the open socket until either side ends it."""
        self._sender = asyncio.create_task(self._send())
        try:
            if await self._welcomed():
                await self._converse()
        finally:
            # The client is gone, so the desk drops all unfinished work for it.
            if self._desk is not None:
                self._desk.close()
            if self._traced is not None:
                self._traced.gone()
            if self._service.learning is not None:
                self._service.learning.gone(self._name)
            self._sender.cancel()
            if self._tenant is not None:
                self._service.tenants.give_back_socket(self._tenant)
            self._service.metrics.fields.dec(self._fields)

    async def answered(self) -> None:
        """Return as soon as all keystrokes have their final answers, and these have been sent.

        Takes at most some seconds, even if the client does not read.
        """
        # If this is cancelled, the connection is closed next.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._all_answered.wait()

    async def just_answered(self, within: float) -> None:
        self._sent_answer.clear()
        # If this is cancelled, the connection stays as it is.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._sent_answer.wait()

    async def leave(self, retry_after: float) -> None:
        """Tell the client that the server is shutting down and to connect again after `retry_after` seconds,
        then close the socket.

        Takes at most some seconds, even if the client does not read.
        """
        await self._close_with(replace(DRAINING, retry_ms=round(retry_after * 1000)))

    async def move(self, retry_after: float) -> None:
        await self._close_with(replace(MOVED, retry_ms=round(retry_after * 1000)))

    async def _close_with(self, refused: Refused) -> None:
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._refuse_and_close(refused, CLOSE_GOING_AWAY)

    async def _welcomed(self) -> bool:
        """Wait for a hello that lets the client in. False if the connection has ended."""
        try:
            # If the timeout cancels receive(), nothing is lost: the connection is closed next.
            async with asyncio.timeout(self._service.limits.hello_seconds):
                owner = await self._let_in()
        except TimeoutError:
            await self._socket.close(code=CLOSE_NO_HELLO, message=b"no hello in time")
            return False
        if owner is None:
            return False
        if isinstance(owner, Denied):
            await self._refuse_and_close(owner.refused, CLOSE_UNAUTHORIZED)
            return False
        self._owner = owner
        # Several people may use the fixed token, so each of its connections has a limit of its own.
        self._protocol.greet(None if owner == FIXED else self._service.bucket(owner))
        self._on_welcome()
        self._desk = self._engine.open(owner_in(owner, self._name), self._answer)
        self._mailbox.put(
            frames.welcome(tuple(self._engine.models), self._service.budget_ms, self._service.limits)
        )
        return True

    async def _let_in(self) -> Client | Denied | None:
        """The client, or the reason why it is refused for good. None if the connection has ended.

        After too many wrong tokens, if the tokens cannot be checked now, or if the client's tenant has used
        its quota of sockets, the connection stays open: the client gets an error, and may send another hello
        until its time is up.
        """
        while True:
            hello = await self._next(Hello)
            owner = None if hello is None else await self._owner_of(hello)
            if isinstance(owner, Signed):
                owner = self._with_place(owner)
            if not isinstance(owner, Denied) or owner.refused.code is ErrorCode.UNAUTHORIZED:
                return owner
            self._service.metrics.error(owner.refused.code.value)
            self._mailbox.put(frames.error(owner.refused))
            # If this or receive() is cancelled, the client is not accepted: the connection is closed next.
            await self._mailbox.room()

    def _with_place(self, client: Signed) -> Signed | Denied:
        """The client, if its tenant has room for one more socket."""
        if not self._service.tenants.take_socket(client.tenant):
            return Denied(TENANT_FULL)
        self._tenant = client.tenant
        return client

    async def _owner_of(self, hello: Hello) -> Client | Denied | None:
        """The client, or the reason why it is refused. None if the connection has ended."""
        admission = self._service.admission
        try:
            if hello.claim is None:
                await admission.prepare(hello.token)
                return admission.owner(hello.token, self._address)
            if not self._service.guard.may_be_at(hello.claim.address):
                return Denied(PASSED_ON)
            digest = admission.claimed(hello.claim, self._address)
            if isinstance(digest, Denied):
                return digest
            challenge = Challenge.to(hello.claim)
            self._mailbox.put(frames.challenge(challenge, challenge.proof(digest)))
            answer = await self._next(Proof)
            if answer is None:
                return None
            return admission.owner(challenge.token(digest, answer.proof), self._address)
        except BadStateError as error:
            return Denied(Refused(ErrorCode.INTERNAL, error.for_clients))

    async def _next(self, kind: type[Opening]) -> Opening | None:
        """The next event of a kind, before the client is accepted. None if the connection has ended."""
        while True:
            event = await self._receive()
            if event is None or isinstance(event, kind):
                return event

    async def _converse(self) -> None:
        """Take messages until the connection ends."""
        while True:
            # If this or receive() is cancelled, no message is half handled: handling one has no await.
            await self._mailbox.room()
            event = await self._receive()
            if event is None:
                return
            try:
                welcome = not isinstance(event, Keystroked) or self._service.tokens.still_good(self._owner)
            except BadStateError:  # the token cannot be checked now: this keystroke gets an error
                self._fail(event)
                continue
            if not welcome:
                await self._refuse_and_close(UNAUTHORIZED, CLOSE_UNAUTHORIZED)
                return
            self._handle(event)

    def _fail(self, event: Event) -> None:
        """Answer a keystroke that cannot be served with an error."""
        if isinstance(event, Keystroked):
            if self._traced is not None:
                keystroke = replace(event.keystroke, trace=next(TRACES))
                self._traced.keystroke(event.field, keystroke, self._service.clock() - self._arrived)
            failure = Failure(FailureCode.INTERNAL, INTERNAL)
            self._answer(event.field, event.keystroke.seq, failure, final=True, elapsed_ms=0.0)

    async def _receive(self) -> Event | None:
        """The event that the next message means. None if the connection has ended."""
        message = await self._socket.receive()
        self._arrived = self._service.clock()
        if message.type is WSMsgType.TEXT or message.type is WSMsgType.BINARY:
            limits = self._service.limits
            if len(message.data) > (limits.hello_bytes if self._desk is None else limits.message_bytes):
                await self._socket.close(code=WSCloseCode.MESSAGE_TOO_BIG, message=b"message too long")
                return None
            return self._protocol.receive(message.data, binary=message.type is WSMsgType.BINARY)
        return None

    def _handle(self, event: Event) -> None:
        assert self._desk is not None
        match event:
            case Keystroked(field, keystroke):
                keystroke = replace(keystroke, trace=next(TRACES))
                self._keystroke_at = self._arrived
                took = self._service.clock() - self._arrived
                if self._traced is not None:
                    self._traced.keystroke(field, keystroke, took)
                self._service.metrics.keystroke(keystroke.model or self._engine.model)
                self._service.metrics.stages.took(Stage.RECEIVE, took, keystroke.trace)
                self._desk.keystroke(field, keystroke)
                if self._service.learning is not None:
                    self._service.learning.keystroke(
                        person_of(self._owner),
                        (self._name, field),
                        keystroke.before,
                        keystroke.after,
                        learn=keystroke.learn,
                    )
            case Accepted(field, seq, text):
                self._desk.accepted(field, seq, text)
            case Dismissed(field, seq):
                self._desk.dismissed(field, seq)
            case FieldClosed(field):
                self._mailbox.drop_answer(field)
                self._desk.forget(field)
                if self._traced is not None:
                    self._traced.left(field)
                if self._service.learning is not None:
                    self._service.learning.left((self._name, field))
            case Refused():
                self._service.metrics.error(event.code.value)
                self._mailbox.put(frames.error(event))
            case Hello() | Proof() | Ignored():
                pass
        self._count_fields()
        self._note_unanswered()

    def _answer(
        self, field: str, seq: int, outcome: Suggestion | Failure, *, final: bool, elapsed_ms: float
    ) -> None:
        """Take an answer of the engine, on the event loop. Answers to overtaken keystrokes are dropped."""
        if not self._protocol.may_answer(field, seq, final=final):
            return
        if final:
            self._service.answered(outcome, elapsed_ms)
            if self._traced is not None:
                self._traced.answered(field, outcome, elapsed_ms)
        if isinstance(outcome, Failure):
            refused = Refused.because(outcome, field, seq)
            self._service.metrics.error(refused.code.value)
            self._mailbox.put_answer(field, frames.error(refused))
        else:
            self._mailbox.put_answer(
                field, frames.suggestion(field, seq, outcome, final=final, elapsed_ms=elapsed_ms)
            )

    async def _send(self) -> None:
        """Send waiting frames, one after the other, until this task is cancelled or the client is gone."""
        try:
            while True:
                frame = await self._mailbox.take()
                # If this is cancelled, the whole frame is in the transport's buffer already: only the wait
                # for space in that buffer ends early.
                field = self._mailbox.taken
                sending = None if self._traced is None else self._traced.sending(field)
                began = self._service.clock()
                await self._socket.send_frame(frame.encode("ascii"), WSMsgType.TEXT)
                took = self._service.clock() - began
                self._service.metrics.stages.took(Stage.SEND, took)
                if self._traced is not None:
                    self._traced.sent(field, sending, took)
                self._note_unanswered()
                if self._all_answered.is_set():
                    self._sent_answer.set()
        except ConnectionError:
            pass  # the receive loop notices the end, too
        finally:
            self._mailbox.abandon()

    async def _refuse_and_close(self, refused: Refused, code: int) -> None:
        if self._sender is not None:
            self._sender.cancel()
        self._service.metrics.error(refused.code.value)
        with contextlib.suppress(ConnectionError):
            await self._socket.send_frame(frames.error(refused).encode("ascii"), WSMsgType.TEXT)
        await self._socket.close(code=code, message=refused.code.value.encode())

    def _note_unanswered(self) -> None:
        if self._protocol.is_waited_for or len(self._mailbox) > 0:
            self._all_answered.clear()
        else:
            self._all_answered.set()

    def _count_fields(self) -> None:
        self._service.metrics.fields.inc(self._protocol.fields - self._fields)
        self._fields = self._protocol.fields
