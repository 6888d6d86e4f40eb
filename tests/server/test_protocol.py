"""The protocol without a socket: frames in, events out."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretype.engine.keystroke import Source, Suggestion
from foretype.server import frames
from foretype.server.frames import ErrorCode, Refused
from foretype.server.limits import ClientLimits, TokenBucket
from foretype.server.protocol import (
    Accepted,
    Dismissed,
    FieldClosed,
    Hello,
    Ignored,
    Keystroked,
    Proof,
    Protocol,
)
from tests.fake_time import FakeClock

EVENTS = Hello | Keystroked | Accepted | Dismissed | FieldClosed | Ignored | Refused

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=5,
)
members = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["keystroke", "accepted", "dismissed", "close", "hello"]) | anything,
        "field": st.text(st.characters(), max_size=140) | anything,
        "seq": st.integers(-2, 2**54) | anything,
        "before": st.text(st.characters(), max_size=60) | anything,
        "after": st.text(st.characters(), max_size=60) | anything,
        "text": anything,
        "max_chars": anything,
        "max_words": anything,
        "sureness": st.sampled_from(["calm", "balanced", "eager"]) | anything,
        "alternatives": anything,
        "kind": st.sampled_from(["email", "search", "text"]) | anything,
        "subject": anything,
        "traceparent": anything,
        "corrections": anything,
        "model": anything,
        "context": st.dictionaries(st.sampled_from(["answered", "label", "unknown"]), anything) | anything,
    },
)


def greeted(limits: ClientLimits | None = None) -> Protocol:
    protocol = Protocol(limits or ClientLimits(context_chars=40), FakeClock())
    protocol.greet()
    return protocol


def keystroke(seq: int, field: str = "f1", before: str = "a") -> bytes:
    return json.dumps(
        {"type": "keystroke", "field": field, "seq": seq, "before": before, "after": ""}
    ).encode()


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(members, max_size=4))
def test_any_json_is_an_event_and_its_error_can_be_sent(messages: list[object]) -> None:
    protocol = greeted()
    for message in messages:
        event = protocol.receive(json.dumps(message).encode())
        assert isinstance(event, EVENTS)
        if isinstance(event, Refused):
            frames.error(event).encode("ascii")


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_an_event(frame: bytes, binary: bool) -> None:
    # Hypothesis takes words from the code that it tests, so the bytes may be a valid message.
    assert isinstance(greeted().receive(frame, binary=binary), EVENTS)
    before_welcome = Protocol(ClientLimits(), FakeClock()).receive(frame, binary=binary)
    assert isinstance(before_welcome, Ignored | Hello | Proof)


@given(st.text(st.characters(), min_size=1, max_size=20), st.text(st.characters(), max_size=20))
def test_no_error_repeats_what_was_typed(marker: str, field: str) -> None:
    marker = f"{marker}typed-text-marker"
    protocol = greeted(ClientLimits(context_chars=4))
    for message in [
        {"type": marker},
        {"type": "keystroke", "field": field, "seq": marker, "before": "", "after": ""},
        {"type": "keystroke", "field": field, "seq": 1, "before": marker, "after": ""},
        {"type": "keystroke", "field": field, "seq": 1, "before": "", "after": "", "kind": marker},
        {marker: marker},
    ]:
        event = protocol.receive(json.dumps(message).encode())
        assert isinstance(event, Refused)
        assert "typed-text-marker" not in frames.error(event)


@given(st.text(st.characters()), st.text(st.characters(), max_size=20))
def test_any_suggestion_can_be_sent(text: str, field: str) -> None:
    found = Suggestion(text, 0.5, Source.MODEL)
    frame = frames.suggestion(field, 1, found, final=True, elapsed_ms=1.23)
    read = json.loads(frame.encode("utf-8"))
    # Python joins the escapes of a pair, as every reader of JSON does.
    assert read["text"].encode("utf-16", "surrogatepass") == text.encode("utf-16", "surrogatepass")


def test_a_client_that_cuts_by_utf16_units_is_within_the_limit() -> None:
    text = "ab" + "\N{GRINNING FACE}" * 100
    units = text.encode("utf-16-le")[-2 * 40 + 2 :]  # 39 units: the first is half a character
    before = units.decode("utf-16-le", "surrogatepass")
    assert before[0] == "\ude00"
    assert isinstance(greeted().receive(keystroke(1, before=before)), Keystroked)


def test_a_keystroke_is_answered_once_and_only_while_it_is_the_newest() -> None:
    protocol = greeted()
    protocol.receive(keystroke(1))
    assert protocol.may_answer("f1", 1, final=False)
    protocol.receive(keystroke(2))
    assert not protocol.may_answer("f1", 1, final=True)
    assert protocol.may_answer("f1", 2, final=True)
    assert not protocol.may_answer("f1", 2, final=False)
    assert not protocol.may_answer("other", 2, final=True)


def test_a_closed_field_is_not_answered() -> None:
    protocol = greeted()
    protocol.receive(keystroke(1))
    assert protocol.receive(b'{"type":"close","field":"f1"}') == FieldClosed("f1")
    assert not protocol.may_answer("f1", 1, final=True)
    assert protocol.fields == 0


def test_a_refused_keystroke_does_not_overtake() -> None:
    protocol = greeted()
    protocol.receive(keystroke(1))
    refused = protocol.receive(keystroke(2, before="x" * 41))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.field, refused.seq, refused.final) == (
        ErrorCode.TEXT_TOO_LONG,
        "f1",
        2,
        True,
    )
    assert protocol.may_answer("f1", 1, final=True)


def test_the_bucket_fills_with_time_and_no_further_than_its_burst() -> None:
    clock = FakeClock()
    bucket = TokenBucket(rate=10, burst=2, clock=clock)
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    clock.now += 0.125
    assert [bucket.take() for _ in range(2)] == [True, False]
    clock.now += 1000
    assert [bucket.take() for _ in range(3)] == [True, True, False]
