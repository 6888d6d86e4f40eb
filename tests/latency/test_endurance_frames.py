"""The frames that are sent to a server, judged by the server's own protocol, and the figures of a run."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from random import Random

import pytest
from aiohttp import WSMsgType

from foretype.server.frames import Refused
from foretype.server.limits import ClientLimits
from foretype.server.protocol import FieldClosed, Ignored, Keystroked, Protocol
from latency.budget import find_budget
from latency.endurance.frames import FramesFound
from latency.endurance.made_frames import CONTEXT_CHARS, MESSAGE_BYTES, SHARES, FrameMaker, MadeFrame, Sort
from latency.endurance.resources import LogCount, Resources
from latency.endurance.storm import REFUSALS, Tally

TEXTS = ["The first text has some words. " * 20, "Another text is here as well. " * 20]
LIMITS = ClientLimits(keystrokes_per_second=100_000, keystroke_burst=1_000_000)


def made(count: int) -> list[MadeFrame]:
    return list(islice(FrameMaker(TEXTS, Random(1)).frames(), count))


def test_the_server_refuses_exactly_the_wrong_frames() -> None:
    protocol = Protocol(LIMITS, lambda: 0.0)
    protocol.greet()
    for frame in made(20_000):
        if frame.sort is Sort.ENDING:
            continue
        event = protocol.receive(frame.payload, binary=frame.opcode is WSMsgType.BINARY)
        assert isinstance(event, Refused) is (frame.sort is Sort.WRONG), frame
        if isinstance(event, Refused):
            assert event.code in REFUSALS
        assert len(frame.payload) <= LIMITS.message_bytes


def test_each_sort_has_its_share() -> None:
    found = Counter(frame.sort for frame in made(50_000))
    assert sum(SHARES.values()) == pytest.approx(1)
    for sort, share in SHARES.items():
        assert found[sort] / 50_000 == pytest.approx(share, rel=0.05, abs=0.0003)


def test_most_valid_frames_are_keystrokes_and_fields_come_and_go() -> None:
    protocol = Protocol(LIMITS, lambda: 0.0)
    protocol.greet()
    events = Counter(
        type(protocol.receive(frame.payload)) for frame in made(20_000) if frame.sort is Sort.VALID
    )
    assert events[Keystroked] / events.total() == pytest.approx(0.88, abs=0.02)
    assert events[FieldClosed] > 100
    assert events[Refused] == 0
    assert events[Ignored] > 0  # it closes fields that are not open, too


def test_the_limits_are_those_of_the_protocol() -> None:
    assert (LIMITS.message_bytes, LIMITS.context_chars) == (MESSAGE_BYTES, CONTEXT_CHARS)


def test_what_the_frames_did_has_the_names_of_the_budget() -> None:
    tally = Tally(sent=Counter({Sort.VALID: 3, Sort.WRONG: 1}), errors=Counter(bad_message=1))
    found = FramesFound(tally, 2.0, Resources(100, 20, 8), Resources(104, 21, 8), 150, LogCount(1, 2))
    flat = found.flat()
    assert (flat["frames"], flat["frames_per_s"]) == (4, 2)
    assert (flat["more_descriptors"], flat["more_threads"]) == (1, 0)
    assert flat["rss_growth_share"] == pytest.approx(0.04)
    assert (flat["tracebacks"], flat["error_lines"]) == (1, 2)
    budget = find_budget("endurance-frames")
    assert budget.at_most.keys() | budget.at_least.keys() <= flat.keys()
