"""What a second model costs: each state of a text is sent in all ways, and each way is timed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import aiohttp
import pytest
from rich.console import Console

from latency.replay.connection import Connection, ServerLostError
from latency.two_models import WAYS, Found, _print, _type, flat_of
from latency.versus.memory import Memory
from tests.latency.scripted import TOKEN, ScriptedServer, suggestion


async def test_each_state_is_typed_in_all_ways_and_names_the_second_model_in_one(
    scripted: ScriptedServer,
) -> None:
    scripted.answers = lambda frame: [suggestion(frame, "x")]
    found = Found()
    async with aiohttp.ClientSession() as http, Connection(http, scripted.address, TOKEN) as there:
        connections = dict.fromkeys(("default", "second", "both"), there)
        await _type(connections, "f", "abcd", "gpt2", found.times)
    assert {way: len(times) for way, times in found.times.items()} == dict.fromkeys(WAYS, 4)
    typed: list[dict[str, Any]] = [frame for frame in scripted.heard if frame["type"] == "keystroke"]
    assert Counter(frame["before"] for frame in typed) == dict.fromkeys(("a", "ab", "abc", "abcd"), 6)
    assert {frame["field"] for frame in typed if frame.get("model") == "gpt2"} == {"f second"}
    assert {frame.get("model") for frame in typed} == {None, "gpt2"}
    closed = [frame["field"] for frame in scripted.heard if frame["type"] == "close"]
    assert set(closed) == {frame["field"] for frame in typed}


async def test_a_keystroke_without_a_suggestion_ends_the_measurement(scripted: ScriptedServer) -> None:
    scripted.answers = lambda frame: [
        {"type": "error", "code": "overloaded", "message": "", "field": frame["field"], "seq": frame["seq"]}
    ]
    async with aiohttp.ClientSession() as http, Connection(http, scripted.address, TOKEN) as there:
        with pytest.raises(ServerLostError, match="overloaded"):
            await _type(dict.fromkeys(("default", "second", "both"), there), "f", "a", "gpt2", Found().times)


def test_the_tables_have_all_ways_and_servers(capsys: pytest.CaptureFixture[str]) -> None:
    found = Found({way: [1.0, 2.0, 9.0] for way in WAYS})
    found.ready = found.end = {name: Memory(100.0, 40.0) for name in ("default", "second", "both")}
    found.times["beside"] = [1.5, 2.25, 8.0]
    flat = flat_of(found.times)
    assert flat["beside_added_p50_ms"] == 0.25
    assert (flat["keystrokes"], flat["alone_p50_ms"], flat["apart_second_p95_ms"]) == (3, 2.0, 9.0)
    _print(found, "A machine", Console(width=120))
    said = capsys.readouterr().out
    for words in (*WAYS.values(), "both models"):
        assert words in said
