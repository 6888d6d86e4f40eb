"""`POST /v1/complete`: one keystroke in, its final answer out."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from aiohttp import web

from foretype.engine.contract import Engine, Failure, Owner
from foretype.engine.keystroke import Keystroke, Suggestion
from foretype.server import frames
from foretype.server.admission import Denied
from foretype.server.connection import DRAINING, INTERNAL, TRACES
from foretype.server.credentials import owner_in, person_of
from foretype.server.frames import ErrorCode, Refused
from foretype.server.protocol import (
    UnreadableError,
    check_model,
    read_keystroke,
    read_object,
    string,
)
from foretype.server.refusal import LOADING, refuse
from foretype.server.requests import SERVICE, body_of, owner_of
from foretype.server.service import Phase, Service

GRACE_SECONDS = 1.0  # after the budget: if the engine has not answered by then, the answer is an error
DEFAULTS = {"type": "keystroke", "field": "", "seq": 0, "after": ""}


async def complete(request: web.Request) -> web.Response:
    """The members of `DEFAULTS` may be missing from the request."""
    service = request.app[SERVICE]
    owner = await owner_of(request)
    if isinstance(owner, Denied):
        return refuse(owner.refused, owner.retry_s)
    message = {**DEFAULTS, **read_object(await body_of(request))}
    if message["type"] != "keystroke":
        raise UnreadableError("'type' must be keystroke.")
    field = string(message, "field", service.limits.name_chars)
    keystroke = read_keystroke(message, service.limits)
    if service.phase is Phase.DRAINING:
        return _refuse(service, DRAINING)
    if service.engine is None:
        return _refuse(service, LOADING, retry_s=1)
    check_model(keystroke.model, tuple(service.engine.models))
    if not service.bucket(owner).take():
        too_many = Refused(ErrorCode.RATE_LIMITED, "Too many keystrokes a second: send fewer.")
        return _refuse(service, too_many, retry_s=1)
    if service.learning is not None:  # takes microseconds; the rest is done when the field is quiet
        person = person_of(owner)
        service.learning.keystroke(
            person,
            (f"requests of {person}", field),
            keystroke.before,
            keystroke.after,
            learn=keystroke.learn,
            lasting=False,
        )
    return await _answer(service, service.engine, owner_in(owner, "requests"), field, keystroke)


def _refuse(service: Service, refused: Refused, retry_s: int | None = None) -> web.Response:
    """Counts the error, as a connection does for the WebSocket."""
    service.metrics.error(refused.code.value)
    return refuse(refused, retry_s)


async def _answer(
    service: Service, engine: Engine, owner: Owner, field: str, keystroke: Keystroke
) -> web.Response:
    result: asyncio.Future[tuple[Suggestion | Failure, float]] = asyncio.get_running_loop().create_future()

    def answer(
        field: str, seq: int, outcome: Suggestion | Failure, *, final: bool, elapsed_ms: float
    ) -> None:
        if final and not result.done():
            result.set_result((outcome, elapsed_ms))

    service.metrics.keystroke(keystroke.model or engine.model)
    traced = service.traced_fields()
    if traced is not None:
        keystroke = replace(keystroke, trace=next(TRACES))
        traced.keystroke(field, keystroke, ago_s=0.0)
    desk = engine.open(owner, answer)
    try:
        desk.keystroke(field, keystroke)
        async with asyncio.timeout(service.budget_ms / 1000 + GRACE_SECONDS):
            outcome, elapsed_ms = await result
        if traced is not None:
            traced.answered(field, outcome, elapsed_ms)
    except TimeoutError:
        late = Refused(ErrorCode.INTERNAL, INTERNAL, field, keystroke.seq, final=True)
        return _refuse(service, late)
    finally:
        desk.close()  # also if the client has ended the connection, which cancels this task
        if traced is not None:
            traced.gone()
    service.answered(outcome, elapsed_ms)
    if isinstance(outcome, Failure):
        return _refuse(service, Refused.because(outcome, field, keystroke.seq))
    text = frames.suggestion(field, keystroke.seq, outcome, final=True, elapsed_ms=elapsed_ms)
    return web.Response(text=text, content_type="application/json")
