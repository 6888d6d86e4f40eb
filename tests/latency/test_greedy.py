"""What greedy clients send, and how their answers are counted."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from foretype.engine.keystroke import Source, Suggestion
from foretype.server import frames
from foretype.server.frames import ErrorCode, Refused
from foretype.server.limits import ClientLimits
from foretype.server.protocol import FieldClosed, Keystroked, Protocol
from latency.greedy import PREPARED_TEXTS, Greed, GreedyClient, outcome_of, serialised

TEXT = 'Line one.\nShe said "yes", and left. ' * 100


def sent(greed: Greed, texts: int) -> list[Keystroked | FieldClosed]:
    """The events of what one connection sends, which must all be valid."""
    client = GreedyClient("", "", serialised([TEXT], 1900), greed)
    protocol = Protocol(ClientLimits(), lambda: 0.0)
    protocol.greet()
    events = []
    for number in range(texts):
        for frame in client._frames(number, number):
            event = protocol.receive(frame.encode())
            assert isinstance(event, Keystroked | FieldClosed), event
            events.append(event)
    return events


@pytest.mark.parametrize("new_fields", [False, True])
def test_each_text_is_new_and_long_and_within_the_limits(new_fields: bool) -> None:
    events = sent(Greed(50.0, fields=3, connections=1, new_fields=new_fields), 10)
    texts = [event.keystroke.before for event in events if isinstance(event, Keystroked)]
    assert len(set(texts)) == 10
    assert all(1890 <= len(text) <= 1900 for text in texts)


def test_fields_are_used_by_turns_or_are_new_each_time() -> None:
    def names(*, new_fields: bool) -> Counter[str]:
        events = sent(Greed(50.0, fields=3, connections=1, new_fields=new_fields), 9)
        return Counter(event.field for event in events if isinstance(event, Keystroked))

    assert set(names(new_fields=False).values()) == {3}
    assert set(names(new_fields=True).values()) == {1}


def test_texts_begin_at_different_places() -> None:
    texts = [json.loads('"' + tail) for tail in serialised(["".join(map(chr, range(65, 90))) * 200], 1900)]
    assert len(texts) == PREPARED_TEXTS
    assert len({text[:25] for text in texts}) == 25


@pytest.mark.parametrize(
    ("frame", "outcome"),
    [
        (frames.suggestion("f", 1, Suggestion("a", 0.5, Source.MODEL), final=True, elapsed_ms=1.0), "model"),
        (frames.suggestion("f", 1, Suggestion("a", 0.5, Source.TREE), final=False, elapsed_ms=1.0), "other"),
        (frames.error(Refused(ErrorCode.OVERLOADED, "…", "f", 1, final=True)), "overloaded"),
        (frames.welcome(["m"], 300, ClientLimits()), "other"),
    ],
)
def test_answers_are_counted_by_what_they_are(frame: str, outcome: str) -> None:
    assert outcome_of(frame) == outcome
