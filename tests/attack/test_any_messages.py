"""Any messages in any order, against the protocol itself: without a socket, with a fake clock."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from foretype.server import frames
from foretype.server.frames import ErrorCode, Refused
from foretype.server.limits import ClientLimits
from foretype.server.protocol import (
    MAX_SEQ,
    Accepted,
    Dismissed,
    Event,
    FieldClosed,
    Hello,
    Ignored,
    Keystroked,
    Protocol,
)
from tests.server import contract

LIMITS = ClientLimits(context_chars=8, fields=3, keystrokes_per_second=5.0, keystroke_burst=20)
NAMES = st.sampled_from(["a", "b", "c", "d", "", "\ud83d", "x" * 128])
SEQS = st.one_of(st.integers(0, 12), st.sampled_from([MAX_SEQ - 1, MAX_SEQ]))
TEXTS = st.text(max_size=8)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=200),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
)
JSON = ODD.map(lambda value: json.dumps(value).encode())
NO_MESSAGES = [b"NaN", b'{"type":Infinity}', b'{"type":"hello","type":"hello"}', b"[" * 5000]
KINDS = ["hello", "keystroke", "accepted", "dismissed", "close", "welcome", "__class__"]
MEMBERS = ["type", "field", "seq", "before", "after", "text", "token", "kind", "max_chars", "alternatives"]
MEMBERS += ["max_words", "sureness"]


class Conversation(RuleBasedStateMachine):
    """The messages that a client has sent, as far as the rules of docs/protocol.md need them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.protocol = Protocol(LIMITS, lambda: self.now)
        self.greeted = False
        self.open: dict[str, int] = {}  # the newest seq of each open field
        self.unanswered: set[str] = set()

    def send(self, message: object) -> Event:
        return self.take(json.dumps(message).encode())

    def take(self, frame: bytes, *, binary: bool = False) -> Event:
        event = self.protocol.receive(frame, binary=binary)
        if not self.greeted:
            assert isinstance(event, Hello | Ignored)
        if isinstance(event, Refused):
            assert self.greeted
            assert contract.errors(json.loads(frames.error(event))) == []
            assert not event.final or (event.field is not None and event.seq is not None)
        return event

    @rule(seconds=st.floats(0, 10))
    def time_goes_on(self, seconds: float) -> None:
        self.now += seconds

    @rule(token=st.one_of(st.text(max_size=5), ODD))
    def hello(self, token: object) -> None:
        event = self.send({"type": "hello", "token": token})
        if self.greeted:
            assert isinstance(event, Refused)
        else:
            assert event == Hello(token if isinstance(token, str) else None)

    @precondition(lambda self: not self.greeted)
    @rule()
    def the_token_is_right(self) -> None:
        self.protocol.greet()
        self.greeted = True

    @rule(name=NAMES, seq=SEQS, before=TEXTS, after=TEXTS)
    def keystroke(self, name: str, seq: int, before: str, after: str) -> None:
        event = self.send({"type": "keystroke", "field": name, "seq": seq, "before": before, "after": after})
        if not self.greeted:
            return
        if isinstance(event, Refused):
            assert (event.field, event.seq, event.final) == (name, seq, True)
            assert event.code is ErrorCode.RATE_LIMITED or self.must_refuse(name, seq) is event.code
            return
        assert isinstance(event, Keystroked)
        assert self.must_refuse(name, seq) is None
        assert (event.field, event.keystroke.seq, event.keystroke.before) == (name, seq, before)
        self.open[name] = seq
        self.unanswered.add(name)

    def must_refuse(self, name: str, seq: int) -> ErrorCode | None:
        if name in self.open:
            return ErrorCode.BAD_MESSAGE if seq <= self.open[name] else None
        return ErrorCode.TOO_MANY_FIELDS if len(self.open) == LIMITS.fields else None

    @rule(name=NAMES, seq=SEQS, text=TEXTS)
    def accepted(self, name: str, seq: int, text: str) -> None:
        event = self.send({"type": "accepted", "field": name, "seq": seq, "text": text})
        assert event == (Accepted(name, seq, text) if name in self.open else Ignored())

    @rule(name=NAMES, seq=SEQS)
    def dismissed(self, name: str, seq: int) -> None:
        event = self.send({"type": "dismissed", "field": name, "seq": seq})
        assert event == (Dismissed(name, seq) if name in self.open else Ignored())

    @rule(name=NAMES)
    def close(self, name: str) -> None:
        event = self.send({"type": "close", "field": name})
        assert event == (FieldClosed(name) if name in self.open else Ignored())
        self.open.pop(name, None)
        self.unanswered.discard(name)

    @rule(name=NAMES, seq=SEQS, final=st.booleans())
    def the_engine_answers(self, name: str, seq: int, final: bool) -> None:
        """Also a keystroke that was overtaken, and a field that was closed."""
        expected = name in self.unanswered and self.open[name] == seq
        assert self.protocol.may_answer(name, seq, final=final) is expected
        if expected and final:
            self.unanswered.discard(name)

    @precondition(lambda self: self.unanswered)
    @rule(data=st.data(), final=st.booleans())
    def the_engine_answers_the_newest(self, data: st.DataObject, final: bool) -> None:
        name = data.draw(st.sampled_from(sorted(self.unanswered)))
        assert self.protocol.may_answer(name, self.open[name], final=final)
        if final:
            self.unanswered.discard(name)

    @precondition(lambda self: self.open.keys() - self.unanswered)
    @rule(data=st.data(), final=st.booleans())
    def the_engine_answers_once_more(self, data: st.DataObject, final: bool) -> None:
        name = data.draw(st.sampled_from(sorted(self.open.keys() - self.unanswered)))
        assert not self.protocol.may_answer(name, self.open[name], final=final)

    @rule(
        kind=st.sampled_from(KINDS),
        members=st.dictionaries(st.sampled_from(MEMBERS), ODD, max_size=6),
    )
    def a_message_with_odd_members(self, kind: str, members: dict[str, Any]) -> None:
        self.follow(self.send({"type": kind, **members}))

    @rule(frame=st.one_of(st.binary(max_size=40), st.sampled_from(NO_MESSAGES), JSON))
    def a_frame_that_is_no_message(self, frame: bytes) -> None:
        self.follow(self.take(frame))

    @rule(frame=st.binary(max_size=40))
    def a_binary_frame(self, frame: bytes) -> None:
        assert isinstance(self.take(frame, binary=True), Refused if self.greeted else Ignored)

    def follow(self, event: Event) -> None:
        """A random message may be a valid one."""
        if isinstance(event, Keystroked):
            self.open[event.field] = event.keystroke.seq
            self.unanswered.add(event.field)
        elif isinstance(event, FieldClosed):
            self.open.pop(event.field)
            self.unanswered.discard(event.field)

    @invariant()
    def the_open_fields_are_those_that_the_client_opened(self) -> None:
        assert self.protocol.fields == len(self.open) <= LIMITS.fields

    @invariant()
    def nothing_is_open_before_hello(self) -> None:
        assert self.greeted or not self.open


TestAnyMessages = Conversation.TestCase
TestAnyMessages.settings = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,  # the time of a step decides nothing
    suppress_health_check=[HealthCheck.too_slow],
)
