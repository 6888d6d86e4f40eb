"""The schedule of the soak, what a user does on a scripted server, and the figures of a run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import pytest

from latency.budget import find_budget
from latency.endurance.day import HABITS, KEYSTROKES_PER_HOUR, PARTS, Activity, Ending, schedule
from latency.endurance.health_pings import Pings, pinging
from latency.endurance.place import Place
from latency.endurance.probes import PROBES, ProbeUnansweredError, ask, different, probe_texts
from latency.endurance.resources import LogCount, Resources, count_log
from latency.endurance.soak import PartFound, Soak
from latency.endurance.user import IDLE_FIELDS, OPEN_FIELDS, Done, User, stay_idle
from latency.replay.plain_typing import Final, answers_to
from tests.latency.scripted import TOKEN, ScriptedServer, suggestion

TEXTS = [f"Text {number} is here with some words. " * 10 for number in range(20)]


def place(http: aiohttp.ClientSession, scripted: ScriptedServer) -> Place:
    return Place(http, scripted.address, TOKEN, TEXTS)


def test_the_shares_of_habits_and_of_parts_are_whole() -> None:
    assert sum(habit.share for habit in HABITS.values()) == pytest.approx(1)
    assert sum(part.share for part in PARTS) == pytest.approx(1)
    assert PARTS[-1].ending is Ending.FINISHED


def test_a_schedule_takes_its_time_and_gives_each_activity_its_share() -> None:
    seconds = 20_000.0
    spent: Counter[Activity] = Counter()
    for activity, length in schedule(Random(1), seconds):
        spent[activity] += length  # type: ignore[assignment]
    assert spent.total() == pytest.approx(seconds)
    for activity, habit in HABITS.items():
        assert spent[activity] / seconds == pytest.approx(habit.share, abs=0.03)


def test_the_seed_decides_a_schedule() -> None:
    assert list(schedule(Random(1), 100)) == list(schedule(Random(1), 100))
    assert list(schedule(Random(1), 100)) != list(schedule(Random(2), 100))


async def test_a_text_can_be_sent_again_in_its_field(scripted: ScriptedServer) -> None:
    async with aiohttp.ClientSession() as http, place(http, scripted).connection() as connection:
        finals = [final async for final in answers_to(connection, "f", ["ab", "ab"])]
    assert finals == [Final("", "tree")] * 2
    assert [(frame["seq"], frame["before"]) for frame in scripted.heard[1:]] == [(1, "ab"), (2, "ab")]


async def test_a_user_types_in_a_few_fields_until_the_server_ends_the_connection(
    scripted: ScriptedServer,
) -> None:
    scripted.hang_up = 2000
    done = Done()
    async with aiohttp.ClientSession() as http:
        await User(Place(http, scripted.address, TOKEN, ["Some words"]), Random(3), done).live(3600.0)
    assert done.keystrokes > 1500
    assert done.lost == 1
    opened: set[str] = set()
    for frame in scripted.heard[1:]:
        opened = (opened - {frame["field"]}) if frame["type"] == "close" else opened | {frame["field"]}
        assert len(opened) <= OPEN_FIELDS
    assert len({frame["field"] for frame in scripted.heard[1:]}) > OPEN_FIELDS


async def test_idle_fields_are_asked_before_and_after_they_sleep(scripted: ScriptedServer) -> None:
    done = Done()
    async with aiohttp.ClientSession() as http:
        await stay_idle(place(http, scripted), 0.0, done)
    assert (done.keystrokes, done.fields, done.unanswered) == (2 * IDLE_FIELDS, IDLE_FIELDS, 0)


async def test_a_connection_that_is_cut_ends_without_a_farewell(scripted: ScriptedServer) -> None:
    async with aiohttp.ClientSession() as http:
        async with place(http, scripted).connection() as connection:
            connection.cut()
            await connection.lost
        async with place(http, scripted).connection():  # the server is still there
            pass
    assert [frame["type"] for frame in scripted.heard] == ["hello", "hello"]


# -- probes --------------------------------------------------------


def test_probes_are_of_different_lengths() -> None:
    texts = probe_texts(TEXTS)
    assert len(texts) == PROBES
    assert len({len(text) for text in texts}) == 3


def test_answers_are_compared_one_by_one() -> None:
    assert different(["a", "b", "c"], ["a", "x", "y"]) == 2


async def test_an_answer_that_was_cut_short_is_asked_again(scripted: ScriptedServer) -> None:
    def better(frame: dict[str, Any]) -> list[dict[str, Any]]:
        if frame["seq"] == 1:
            return [suggestion(frame, "cut", source="budget")]
        return [suggestion(frame, "whole", source="model")]

    scripted.answers = better
    async with aiohttp.ClientSession() as http:
        assert await ask(place(http, scripted)) == ["whole"] * PROBES


async def test_a_probe_without_an_answer_is_an_error(scripted: ScriptedServer) -> None:
    scripted.answers = lambda frame: [suggestion(frame, "cut", source="budget")]
    async with aiohttp.ClientSession() as http:
        with pytest.raises(ProbeUnansweredError, match="less busy"):
            await ask(place(http, scripted))


# -- what a run has found --------------------------------------------------------


def test_only_what_a_server_should_not_write_is_counted_in_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        "12:00:00 event='ready' level='info'\n"
        "12:00:01 event='no_room' level='error'\n"
        "Traceback (most recent call last):\n  File x\nValueError\n"
        "12:00:02 event='Traceback' level='warning'\n"
    )
    assert count_log(log) == LogCount(tracebacks=1, error_lines=1)


def test_a_stall_is_a_ping_over_50_ms() -> None:
    flat = Pings([1.0, 2.0, 50.0, 51.0], failed=1).flat()
    assert (flat["pings"], flat["pings_failed"], flat["stalls"], flat["stall_share"]) == (4, 1, 1, 0.25)
    assert flat["ping_worst_ms"] == 51
    assert Pings().flat()["stall_share"] is None


def part(first: Resources, last: Resources) -> PartFound:
    return PartFound(Ending.FINISHED, first, last, 500.0, LogCount(0, 1))


def test_the_largest_growth_of_a_part_counts() -> None:
    found = Soak(done=Done(keystrokes=int(2 * KEYSTROKES_PER_HOUR)), pings=Pings([1.0, 2.0]))
    found.parts = [
        part(Resources(100, 20, 8), Resources(110, 20, 8)),
        part(Resources(100, 20, 8), Resources(90, 22, 7)),
    ]
    found.probes = [["a", "b"], ["a", "b"], ["a", "x"]]
    flat = found.flat()
    assert (flat["hours"], flat["restarts"], flat["error_lines"]) == (2, 1, 2)
    assert flat["rss_growth_share"] == pytest.approx(0.1)
    assert (flat["more_descriptors"], flat["more_threads"]) == (2, 0)
    assert (flat["probes"], flat["different_answers"]) == (6, 1)
    budget = find_budget("endurance-soak")
    assert budget.at_most.keys() | budget.at_least.keys() <= flat.keys()


def test_a_ping_without_an_answer_is_counted_as_failed(unused_tcp_port: int) -> None:
    pings = Pings()
    with pinging(f"http://127.0.0.1:{unused_tcp_port}", pings):
        while not pings.failed:  # the thread says nothing when it has asked
            pass
    assert pings.failed == len(pings.took_ms)
