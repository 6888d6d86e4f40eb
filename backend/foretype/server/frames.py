"""Frames from the server to the client: values in, JSON text out.

All frames are ASCII: a lone surrogate, which UTF-8 cannot encode, is sent as a JSON escape.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from foretype.engine.contract import Failure
from foretype.engine.keystroke import Suggestion
from foretype.server.limits import ClientLimits
from foretype.server.proof import Challenge

VERSION = 1
SUBPROTOCOL = "foretype.v1"
ENCODER = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))


class ErrorCode(StrEnum):
    """The protocol's error codes. The last two are the engine's `FailureCode`."""

    BAD_MESSAGE = "bad_message"
    UNAUTHORIZED = "unauthorized"
    TEXT_TOO_LONG = "text_too_long"
    TOO_MANY_FIELDS = "too_many_fields"
    RATE_LIMITED = "rate_limited"
    DRAINING = "draining"
    OVERLOADED = "overloaded"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that was refused. `message` says what to do, and never repeats typed text.

    `field` and `seq` are set if they could be read from the message. `final` is True if this is the answer to
    a keystroke. `retry_ms`: with `DRAINING`, the time after which the client connects again.
    """

    code: ErrorCode
    message: str
    field: str | None = None
    seq: int | None = None
    final: bool = False
    retry_ms: int | None = None

    @classmethod
    def because(cls, failure: Failure, field: str, seq: int) -> Refused:
        return cls(ErrorCode(failure.code.value), failure.message, field, seq, final=True)


def challenge(made: Challenge, proof: str) -> str:
    return _text({"type": "challenge", "nonce": made.nonce, "proof": proof})


def welcome(models: Sequence[str], budget_ms: int, limits: ClientLimits) -> str:
    """`models`: the default one first."""
    return _text(
        {
            "type": "welcome",
            "version": VERSION,
            "model": models[0],
            "models": list(models),
            "budget_ms": budget_ms,
            "limits": {
                "context_chars": limits.context_chars,
                "fields": limits.fields,
                "message_bytes": limits.message_bytes,
            },
        }
    )


def suggestion(field: str, seq: int, found: Suggestion, *, final: bool, elapsed_ms: float) -> str:
    frame: dict[str, Any] = {
        "type": "suggestion",
        "field": field,
        "seq": seq,
        "text": found.text,
        "confidence": round(found.confidence, 4),
        "alternatives": [
            {"text": other.text, "confidence": round(other.confidence, 4)} for other in found.alternatives
        ],
        "final": final,
        "elapsed_ms": round(elapsed_ms, 1),
        "source": found.source.value,
    }
    if found.replaces:
        frame["replaces"] = found.replaces
    if found.reason is not None and not found.text:
        frame["reason"] = found.reason.value
    return _text(frame)


def error(refused: Refused) -> str:
    frame: dict[str, Any] = {"type": "error", "code": refused.code.value, "message": refused.message}
    if refused.field is not None:
        frame["field"] = refused.field
    if refused.seq is not None:
        frame["seq"] = refused.seq
    if refused.final:
        frame["final"] = True
    if refused.retry_ms is not None:
        frame["retry_ms"] = refused.retry_ms
    return _text(frame)


def _text(frame: dict[str, Any]) -> str:
    return ENCODER.encode(frame)
