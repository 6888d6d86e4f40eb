"""Endurance and agreement: plain typing against a scripted server, and what is made of it."""

from __future__ import annotations

from itertools import islice
from random import Random
from typing import Any

import aiohttp
import pytest

from latency.agreement import Agreement, Disagreement, compare_answers, final_answers
from latency.budget import find_budget
from latency.endurance.random_typing import OPEN_FIELDS, TEXT_CHARS, endure, random_texts
from latency.replay.connection import Connection
from latency.replay.plain_typing import Final, type_plainly
from tests.latency.scripted import TOKEN, ScriptedServer, suggestion


def connected(http: aiohttp.ClientSession, scripted: ScriptedServer) -> Connection:
    return Connection(http, scripted.address, TOKEN)


async def test_each_character_is_typed_once_the_one_before_has_its_final_answer(
    scripted: ScriptedServer,
) -> None:
    def better_and_better(frame: dict[str, Any]) -> list[dict[str, Any]]:
        return [suggestion(frame, "x", final=False), suggestion(frame, frame["before"][-1], source="model")]

    scripted.answers = better_and_better
    async with aiohttp.ClientSession() as http, connected(http, scripted) as connection:
        finals = [final async for final in type_plainly(connection, "f", "abc")]
    assert finals == [Final(text, "model") for text in "abc"]
    assert [frame["before"] for frame in scripted.heard[1:]] == ["a", "ab", "abc"]


async def test_an_error_is_a_final_answer_too(scripted: ScriptedServer) -> None:
    scripted.answers = lambda frame: [
        {"type": "error", "code": "overloaded", "message": "", "field": frame["field"], "seq": frame["seq"]}
    ]
    async with aiohttp.ClientSession() as http, connected(http, scripted) as connection:
        assert [final async for final in type_plainly(connection, "f", "a")] == [Final(error="overloaded")]


# -- endurance --------------------------------------------------------


def test_random_texts_are_of_all_lengths_and_the_seed_decides_them() -> None:
    texts = list(islice(random_texts(Random(1)), 200))
    assert texts == list(islice(random_texts(Random(1)), 200))
    assert all(TEXT_CHARS[0] <= len(text) <= TEXT_CHARS[1] for text in texts)
    assert min(map(len, texts)) < 30
    assert max(map(len, texts)) > 900


async def test_memory_is_looked_at_only_after_the_warm_up(scripted: ScriptedServer) -> None:
    sizes = iter([100.0, 101.0, 103.0])
    async with aiohttp.ClientSession() as http, connected(http, scripted) as connection:
        found = await endure(connection, lambda: next(sizes), keystrokes=200, warm_up=50, every=100)
    assert found.rss_mb == [(0, 100.0), (100, 101.0), (200, 103.0)]
    flat = found.flat()
    assert flat["rss_growth_share"] == pytest.approx(0.03)
    assert (flat["keystrokes"], flat["errors"], flat["unanswered"]) == (200, 0, 0)
    budget = find_budget("endurance")
    assert budget.at_most.keys() | budget.at_least.keys() <= flat.keys()


async def test_only_so_many_fields_are_open_at_once(scripted: ScriptedServer) -> None:
    async with aiohttp.ClientSession() as http, connected(http, scripted) as connection:
        await endure(connection, lambda: 1.0, keystrokes=2500, warm_up=0)
    opened: set[str] = set()
    for frame in scripted.heard[1:]:
        if frame["type"] == "close":
            opened.remove(frame["field"])
        else:
            opened.add(frame["field"])
        assert len(opened) <= OPEN_FIELDS


# -- agreement --------------------------------------------------------


def test_only_what_both_finished_is_compared() -> None:
    without = [[Final("a", "model"), Final("b", "budget"), Final("c", "tree"), Final(error="internal")]]
    ahead = [[Final("a", "tree"), Final("x", "tree"), Final("d", "tree"), Final("e", "tree")]]
    found = compare_answers(without, ahead)
    assert found == Agreement(4, 2, [Disagreement(0, 3, "c", "d")])
    assert found.flat() == {"keystrokes": 2, "agreeing_share": 0.5}
    budget = find_budget("agreement")
    assert budget.at_least.keys() <= found.flat().keys()


def test_nothing_compared_is_no_agreement() -> None:
    assert compare_answers([[Final()]], [[Final()]]).flat()["agreeing_share"] is None


async def test_the_same_keystrokes_go_to_a_server(scripted: ScriptedServer) -> None:
    async with aiohttp.ClientSession() as http, connected(http, scripted) as connection:
        said = await final_answers(connection, ["ab", "c"], pause_s=0, progress=lambda: None)
    assert [len(finals) for finals in said] == [2, 1]
    assert [frame["type"] for frame in scripted.heard[1:]] == ["keystroke"] * 2 + [
        "close",
        "keystroke",
        "close",
    ]
