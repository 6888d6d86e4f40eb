"""One connection's side of the wire protocol, without I/O: frames in, events out.

`Protocol.receive` takes a frame and returns the event that it means; it raises nothing, whatever a client
sends. `Protocol.may_answer` decides whether an answer for a field may still be sent. The protocol checks no
tokens: `Hello` contains the client's token, and the caller calls `greet()` if it is right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from foretype.engine.keystroke import Context, Keystroke, Sureness
from foretype.models.field_kind import FieldKind
from foretype.server.frames import ErrorCode, Refused
from foretype.server.limits import ClientLimits, TokenBucket
from foretype.server.proof import ADDRESS, KEY_ID, LONGEST_PROOF, NONCE, Claim
from foretype.server.tenants import Bucket
from foretype.support.clock import Clock

Choice = TypeVar("Choice", bound=StrEnum)
TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""https://www.w3.org/TR/trace-context/, version 00. An id of zeros is invalid there."""
MAX_SEQ = 2**53 - 1  # the largest integer that JavaScript represents exactly, with all smaller ones


@dataclass(frozen=True, slots=True)
class Hello:
    """With a token, or with the claim to have one. With neither, the client is unauthorized."""

    token: str | None
    claim: Claim | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """The client's answer to the server's challenge."""

    proof: str


@dataclass(frozen=True, slots=True)
class Keystroked:
    field: str
    keystroke: Keystroke


@dataclass(frozen=True, slots=True)
class Accepted:
    field: str
    seq: int
    text: str


@dataclass(frozen=True, slots=True)
class Dismissed:
    field: str
    seq: int


@dataclass(frozen=True, slots=True)
class FieldClosed:
    field: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message that needs no answer: one before `hello`, or about a field that is not open."""


Event = Hello | Proof | Keystroked | Accepted | Dismissed | FieldClosed | Ignored | Refused


class UnreadableError(Exception):
    """A message, or a member of it, breaks the protocol. `message` never contains what was sent."""

    def __init__(self, message: str, code: ErrorCode = ErrorCode.BAD_MESSAGE) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


@dataclass(slots=True)
class _Open:
    """An open field: its newest keystroke, and whether that has had its final answer."""

    seq: int
    answered: bool = False


class Protocol:
    """Only one thread may call it: the receive loop and the answers run on one event loop."""

    def __init__(self, limits: ClientLimits, clock: Clock, models: Sequence[str] = ()) -> None:
        """`models`: those that the server serves, the default one first."""
        self._limits = limits
        self._models = models
        self._bucket: Bucket = TokenBucket(limits.keystrokes_per_second, limits.keystroke_burst, clock)
        self._fields: dict[str, _Open] = {}
        self._greeted = False

    @property
    def fields(self) -> int:
        """The number of open fields."""
        return len(self._fields)

    @property
    def is_waited_for(self) -> bool:
        """Whether a keystroke has no final answer yet."""
        return any(not state.answered for state in self._fields.values())

    def greet(self, bucket: Bucket | None = None) -> None:
        """The token of `Hello` was right: from now on other messages are accepted. `bucket`: for keystrokes,
        if the client's other connections share it.
        """
        self._greeted = True
        if bucket is not None:
            self._bucket = bucket

    def receive(self, frame: bytes, *, binary: bool = False) -> Event:
        """The event that a data frame means. Raises nothing, whatever the frame contains."""
        message: dict[str, Any] | None = None
        try:
            if binary:
                raise UnreadableError("The frame is binary: send text frames.")
            message = read_object(frame)
            return self._greeting(message) if not self._greeted else self._event(message)
        except UnreadableError as refused:
            if not self._greeted:
                return Ignored()  # nothing is answered before hello
            return self._refused(refused, message)

    def may_answer(self, field: str, seq: int, *, final: bool) -> bool:
        """Whether an answer for this keystroke may be sent, and note it if it is the final one.

        False for a closed field, for an overtaken keystroke, and after a final answer.
        """
        state = self._fields.get(field)
        if state is None or state.seq != seq or state.answered:
            return False
        state.answered = final
        return True

    def _greeting(self, message: dict[str, Any]) -> Event:
        """A malformed member counts as missing, because a client that is not accepted learns no details."""
        match message.get("type"):
            case "hello":
                token = message.get("token")
                return Hello(token if isinstance(token, str) else None, _claim(message))
            case "proof":
                proof = message.get("proof")
                return Proof(proof if isinstance(proof, str) and len(proof) <= LONGEST_PROOF else "")
            case _:
                return Ignored()

    def _event(self, message: dict[str, Any]) -> Event:
        match message.get("type"):
            case "keystroke":
                return self._keystroke(message)
            case "accepted":
                return self._accepted(message)
            case "dismissed":
                field, seq = self._name(message), whole_number(message, "seq")
                return Dismissed(field, seq) if field in self._fields else Ignored()
            case "close":
                field = self._name(message)
                return FieldClosed(field) if self._fields.pop(field, None) else Ignored()
            case "hello" | "proof":
                raise UnreadableError("This connection was accepted already: send keystrokes.")
            case str():
                raise UnreadableError("'type' must be keystroke, accepted, dismissed or close.")
            case _:
                raise UnreadableError("The message needs a string member 'type'.")

    def _keystroke(self, message: dict[str, Any]) -> Event:
        field = self._name(message)
        if not self._bucket.take():
            raise UnreadableError(
                "Too many keystrokes a second: send only the newest one.", ErrorCode.RATE_LIMITED
            )
        keystroke = read_keystroke(message, self._limits)
        check_model(keystroke.model, self._models)
        state = self._fields.get(field)
        # A seq that does not grow is refused, so that an answer belongs to one text only. Refused keystrokes
        # do not count, and a field that was closed may start with any seq.
        if state is not None and keystroke.seq <= state.seq:
            raise UnreadableError(
                "'seq' must grow with every keystroke of a field; close the field to start again."
            )
        if state is None and len(self._fields) >= self._limits.fields:
            raise UnreadableError(
                f"No more than {self._limits.fields} fields may be open: close one first.",
                ErrorCode.TOO_MANY_FIELDS,
            )
        self._fields[field] = _Open(keystroke.seq)
        return Keystroked(field, keystroke)

    def _accepted(self, message: dict[str, Any]) -> Event:
        field, seq = self._name(message), whole_number(message, "seq")
        text = string(message, "text", self._limits.context_chars)
        return Accepted(field, seq, text) if field in self._fields else Ignored()

    def _name(self, message: dict[str, Any]) -> str:
        field = message.get("field")
        if not isinstance(field, str):
            raise UnreadableError("The message needs a string member 'field'.")
        if len(field) > self._limits.name_chars:
            raise UnreadableError(
                f"'field' is longer than {self._limits.name_chars} characters: choose a shorter name."
            )
        return field

    def _refused(self, why: UnreadableError, message: dict[str, Any] | None) -> Refused:
        """The error for a message, with its field and seq if they are valid."""
        if message is None:
            return Refused(why.code, why.message)
        field, seq = message.get("field"), message.get("seq")
        if not isinstance(field, str) or len(field) > self._limits.name_chars:
            field = None
        if type(seq) is not int or not 0 <= seq <= MAX_SEQ:
            seq = None
        answers = message.get("type") == "keystroke" and field is not None and seq is not None
        return Refused(why.code, why.message, field, seq, final=answers)


def read_object(frame: bytes) -> dict[str, Any]:
    """One JSON object, read strictly.

    Raises `UnreadableError` for anything else; the error contains nothing of it.
    """
    try:
        value = DECODER.decode(frame.decode("utf-8"))
    except UnicodeDecodeError:
        raise UnreadableError("The message is not UTF-8.") from None
    # ValueError: not JSON, or a number with more digits than Python reads. RecursionError: nested too deeply.
    except (ValueError, RecursionError):
        raise UnreadableError("The message is not valid JSON.") from None
    if not isinstance(value, dict):
        raise UnreadableError("The message must be one JSON object.")
    return value


def read_keystroke(message: dict[str, Any], limits: ClientLimits) -> Keystroke:
    """The `keystroke` in a message, whatever its `type` and `field`. Raises `UnreadableError`."""
    return Keystroke(
        seq=whole_number(message, "seq"),
        before=string(message, "before", limits.context_chars),
        after=string(message, "after", limits.context_chars),
        max_chars=_optional_number(message, "max_chars", least=1),
        max_words=_optional_number(message, "max_words", least=1),
        sureness=_one_of(Sureness, message, "sureness") or Sureness.BALANCED,
        alternatives=min(_optional_number(message, "alternatives", least=0) or 0, limits.alternatives),
        kind=_one_of(FieldKind, message, "kind"),
        subject=_optional_string(message, "subject", limits.context_chars),
        context=_context(message, limits),
        corrections=_true_or_false(message, "corrections"),
        learn=_true_or_false(message, "learn"),
        model=_name_or_none(message, "model"),
        traceparent=_traceparent(message),
    )


def check_model(model: str | None, models: Sequence[str]) -> None:
    """Raises `UnreadableError` if a keystroke names a model that is not one of `models`, which are served."""
    if model is not None and model not in models:
        raise UnreadableError(
            f"The server does not serve this model: 'model' must be one of {', '.join(models)}, or absent."
        )


def _context(message: dict[str, Any], limits: ClientLimits) -> Context | None:
    """The texts around the field. A member of it that is not known is ignored, as anywhere else."""
    around = message.get("context")
    if around is None:
        return None
    if not isinstance(around, dict):
        raise UnreadableError("'context' must be an object.")
    members = {f"context.{name}": value for name, value in around.items()}  # as an error names them
    return Context(
        answered=_optional_string(members, "context.answered", limits.context_chars),
        label=_optional_string(members, "context.label", limits.context_chars),
    )


def _claim(message: dict[str, Any]) -> Claim | None:
    """The claim in a `hello`. None if it is incomplete."""
    key, nonce, address = (message.get(name) for name in ("key", "nonce", "address"))
    if not isinstance(key, str) or not isinstance(nonce, str) or not isinstance(address, str):
        return None
    fits = KEY_ID.fullmatch(key) and NONCE.fullmatch(nonce) and ADDRESS.fullmatch(address)
    return Claim(key, nonce, address) if fits else None


def string(message: dict[str, Any], name: str, at_most: int, part: str = "the part next to the caret") -> str:
    """A member that is required. Its length is counted in code points. `part`: what to send if it is too
    long.
    """
    value = message.get(name)
    if not isinstance(value, str):
        raise UnreadableError(f"The message needs a string member '{name}'.")
    if len(value) > at_most:
        raise UnreadableError(
            f"'{name}' is longer than {at_most} characters: send {part}.",
            ErrorCode.TEXT_TOO_LONG,
        )
    return value


def _optional_string(message: dict[str, Any], name: str, at_most: int) -> str | None:
    return None if message.get(name) is None else string(message, name, at_most, "its beginning")


def _name_or_none(message: dict[str, Any], name: str) -> str | None:
    value = message.get(name)
    if value is not None and not isinstance(value, str):
        raise UnreadableError(f"'{name}' must be a string.")
    return value


def whole_number(message: dict[str, Any], name: str, least: int = 0) -> int:
    value = message.get(name)
    if type(value) is not int or not least <= value <= MAX_SEQ:  # a bool is an int to isinstance
        raise UnreadableError(f"'{name}' must be a whole number from {least} to 2^53 - 1.")
    return value


def _optional_number(message: dict[str, Any], name: str, least: int) -> int | None:
    return None if message.get(name) is None else whole_number(message, name, least)


def _true_or_false(message: dict[str, Any], name: str) -> bool:
    """False if the member is missing."""
    value = message.get(name)
    if value is not None and not isinstance(value, bool):
        raise UnreadableError(f"'{name}' must be true or false.")
    return value is True


def _traceparent(message: dict[str, Any]) -> str | None:
    value = message.get("traceparent")
    if value is None or (isinstance(value, str) and TRACEPARENT.fullmatch(value)):
        return value
    raise UnreadableError("'traceparent' must be that of W3C Trace Context, version 00: 55 characters.")


def _one_of(choices: type[Choice], message: dict[str, Any], name: str) -> Choice | None:
    value = message.get(name)
    if value is None:
        return None
    try:
        return choices(value)
    except ValueError:
        raise UnreadableError(f"'{name}' must be one of {', '.join(choices)}.") from None


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise UnreadableError("Duplicate JSON key: send each member once.")
    return members


def _no_constant(_: str) -> NoReturn:
    raise UnreadableError("NaN and Infinity are not JSON.")


DECODER = json.JSONDecoder(object_pairs_hook=_once_each, parse_constant=_no_constant)
