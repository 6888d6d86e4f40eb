"""The frames that `latency.endurance.frames` sends: valid, odd, wrong, and those that end a connection.

Pure: a `FrameMaker` knows which fields it has opened, and nothing of a connection.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from aiohttp import WSMsgType

FIELDS = 12  # of one connection; the odd frames open `ODD_NAMES` as well
AWAITED = "awaited"
TEXT_CHARS = 300  # that a field types of each text
ODD_NAMES = ("", "n" * 128, "\ud83d", "tab\tand\nline", "поле")
MESSAGE_BYTES = (
    32_768  # limits of the protocol (docs/protocol.md), which a server's settings do not change here
)
CONTEXT_CHARS = 2000


class Sort(StrEnum):
    """`VALID`: what the extension sends. `ODD`: allowed, but no client should need it. `WRONG`: the server
    answers with an error. `ENDING`: the server closes the connection.
    """

    VALID = "valid"
    ODD = "odd"
    WRONG = "wrong"
    ENDING = "ending"


SHARES = {Sort.VALID: 0.60, Sort.ODD: 0.20, Sort.WRONG: 0.199, Sort.ENDING: 0.001}


@dataclass(frozen=True, slots=True)
class MadeFrame:
    sort: Sort
    payload: bytes
    opcode: WSMsgType = WSMsgType.TEXT


Members = dict[str, object]

ENDING_FRAMES = (
    MadeFrame(Sort.ENDING, b"x" * (MESSAGE_BYTES + 1)),
    MadeFrame(Sort.ENDING, b"x", WSMsgType.CONTINUATION),
    MadeFrame(Sort.ENDING, b"x", WSMsgType.CLOSE),
)

NOT_MESSAGES = (
    b"",
    b"{",
    b"null",
    b"[]",
    b'"keystroke"',
    b"NaN",
    b'{"type":Infinity}',
    b'{"type":"close","type":"close"}',
    b"\xff\xfe",
    b'{"type":"close","field":"\xff"}',
    b"[" * 10_000,
    b'{"a":' * 5_000,
    b"1" * 20_000,
    b'{"type":"keystroke"}',
    b'{"type":"sideways"}',
    b'{"type":7}',
    b'{"type":"hello","token":"a-second-hello"}',
    b'{"type":"proof","proof":""}',
    b"\0" * 500,
)

# Each is one change that makes a valid keystroke wrong.
SPOILT: tuple[Members, ...] = (
    {"seq": True},
    {"seq": -1},
    {"seq": 2**53},
    {"seq": 1.0},
    {"seq": "1"},
    {"seq": None},
    {"field": None},
    {"field": "n" * 129},
    {"before": None},
    {"before": ["a"]},
    {"before": "x" * (CONTEXT_CHARS + 1)},
    {"after": 5},
    {"after": "x" * (CONTEXT_CHARS + 1)},
    {"subject": {"a": 1}},
    {"context": "a"},
    {"context": {"answered": ["a"]}},
    {"context": {"label": 1.5}},
    {"context": {"answered": "x" * (CONTEXT_CHARS + 1)}},
    {"kind": "poem"},
    {"kind": []},
    {"max_chars": 0},
    {"max_chars": False},
    {"max_words": 0},
    {"sureness": "certain"},
    {"sureness": []},
    {"alternatives": -1},
    {"alternatives": 1e300},
)


class FrameMaker:
    """The frames of one connection. A new connection needs a new one."""

    def __init__(self, texts: Sequence[str], rng: Random) -> None:
        self._texts = texts
        self._rng = rng
        self._seqs: dict[str, int] = {}  # the newest seq of each open field
        self._names = [f"field-{number}" for number in range(FIELDS)]
        self._typed = Counter[str]()
        self._sorts: dict[Sort, Callable[[], MadeFrame]] = {
            Sort.VALID: self._valid,
            Sort.ODD: self._odd,
            Sort.WRONG: self._wrong,
            Sort.ENDING: lambda: self._rng.choice(ENDING_FRAMES),
        }

    def frames(self) -> Iterator[MadeFrame]:
        """Endlessly many, by `SHARES`. After one that ends the connection, no more may be sent on it."""
        sorts, weights = list(SHARES), list(SHARES.values())
        while True:
            yield self._sorts[self._rng.choices(sorts, weights)[0]]()

    def awaited(self) -> MadeFrame:
        """A keystroke in the field `AWAITED`, which gets a final answer: no other overtakes it."""
        return _frame(Sort.VALID, self._next_keystroke(AWAITED))

    def _valid(self) -> MadeFrame:
        field = self._rng.choice(self._names)
        kind = self._rng.choices(("keystroke", "accepted", "dismissed", "close"), (88, 4, 4, 4))[0]
        if kind == "keystroke":
            return _frame(Sort.VALID, self._next_keystroke(field))
        message: Members = {"type": kind, "field": field}
        if kind == "close":
            self._seqs.pop(field, None)
        else:
            message["seq"] = self._seqs.get(field, 0)
        if kind == "accepted":
            message["text"] = "an"
        return _frame(Sort.VALID, message)

    def _odd(self) -> MadeFrame:
        field = self._rng.choice(ODD_NAMES)
        if self._rng.random() < 0.2:
            self._seqs.pop(field, None)
            return _frame(Sort.ODD, {"type": "close", "field": field, "why": None})
        if self._rng.random() < 0.2:  # a field that is never open
            about: Members = {"field": "never open", "seq": 2**53 - 1, "text": ""}
            return _frame(Sort.ODD, about | {"type": self._rng.choice(("accepted", "dismissed", "close"))})
        changed: tuple[Members, ...] = (
            {"before": "", "after": ""},
            {"before": "x" * CONTEXT_CHARS, "after": "y" * CONTEXT_CHARS},
            {"before": "a\0b\x1b[31m\r\n\t\x7f "},
            {"before": "half a pair: \ud83d"},
            {"before": "多くの文字と\N{GRINNING FACE}" * 20},
            {"before": "e" + "\N{COMBINING ACUTE ACCENT}" * 1000},
            {"before": "word " * 400},
            {"kind": None, "subject": None, "max_chars": None, "alternatives": None},
            {"max_words": None, "sureness": None},
            {"max_words": 1, "sureness": "eager"},
            {"max_chars": 1, "alternatives": 2**53 - 1},
            {"subject": "s" * CONTEXT_CHARS, "kind": "search"},
            {"context": {"answered": "half a pair: \ud83d", "unknown": None}, "kind": "email"},
            {"context": {"label": "a\0b\x1b[31m " * 20, "answered": None}},
            {"unknown": {"deep": [[[[]]]]}, "__class__": "x"},
            {"seq": self._seqs.get(field, 0) + self._rng.randrange(1, 1_000_000)},
        )
        message = self._keystroke(field, "What is odd about this te") | self._rng.choice(changed)
        seq = message["seq"]
        assert isinstance(seq, int)
        self._seqs[field] = seq
        return _frame(Sort.ODD, message)

    def _wrong(self) -> MadeFrame:
        if self._rng.random() < 0.4:
            return MadeFrame(Sort.WRONG, self._rng.choice(NOT_MESSAGES))
        field = self._rng.choice(self._names)
        message = self._keystroke(field, "What is wrong with this te")
        if field in self._seqs and self._rng.random() < 0.2:
            return _frame(Sort.WRONG, message | {"seq": self._seqs[field]})  # a seq that does not grow
        if self._rng.random() < 0.1:
            return MadeFrame(Sort.WRONG, json.dumps(message).encode(), WSMsgType.BINARY)
        return _frame(Sort.WRONG, message | self._rng.choice(SPOILT))

    def _next_keystroke(self, field: str) -> Members:
        """Each field types one text after another, a character at a time."""
        self._typed[field] += 1
        text = self._texts[self._typed[field] // TEXT_CHARS % len(self._texts)]
        message = self._keystroke(field, text[: self._typed[field] % TEXT_CHARS + 1])
        self._seqs[field] = self._seqs.get(field, 0) + 1
        return message

    def _keystroke(self, field: str, before: str) -> Members:
        seq = self._seqs.get(field, 0) + 1
        return {"type": "keystroke", "field": field, "seq": seq, "before": before, "after": ""}


def _frame(sort: Sort, message: Members) -> MadeFrame:
    return MadeFrame(sort, json.dumps(message).encode())
