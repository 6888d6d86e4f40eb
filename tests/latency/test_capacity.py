"""Crowds against a scripted server, and what is made of what they saw. Seconds decide nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from os import getpid
from typing import Any

import aiohttp
import pytest
from rich.console import Console

from latency.budget import find_budget
from latency.capacity.crowd import Crowd
from latency.capacity.load_step import LoadStep, largest_served, watch
from latency.capacity.overload import RECOVERY_KEYSTROKES, Overload, growth, measure_overload
from latency.capacity.report import Report, draw, print_report
from latency.replay.figures import answers
from latency.replay.ledger import SentKeystroke
from latency.replay.type_text import Manner
from latency.replay.usage import Meter
from tests.latency.scripted import TOKEN, ScriptedServer, suggestion

QUICK = Manner(wpm=40, time_scale=0.02)
TEXTS = ["Please let me know.", "Thanks for your message."]


def step(typists: int, *, ms: float = 20, overloaded: int = 0, lost: int = 0) -> LoadStep:
    sent = [SentKeystroke(0.0, 0.0, ms / 1000, ms / 1000, None, "tree", True) for _ in range(50)]
    sent += [SentKeystroke(0.0, final=0.001, error="overloaded") for _ in range(overloaded)]
    return LoadStep(typists, answers(sent, budget_ms=300), lost, 1.5, [500.0, 501.0], 0.1)


@pytest.fixture
async def crowd(scripted: ScriptedServer) -> AsyncIterator[Crowd]:
    async with (
        aiohttp.ClientSession() as http,
        Crowd(http, scripted.address, TOKEN, TEXTS, QUICK) as typists,
    ):
        yield typists


async def watched(crowd: Crowd, typists: int, seconds: float = 0.3) -> LoadStep:
    await crowd.grow(typists, 0.05)
    here = Meter(getpid())
    return await watch(crowd, typists, here, here, seconds=seconds, budget_ms=300)


async def test_each_typist_has_a_connection_and_goes_on_from_text_to_text(
    crowd: Crowd, scripted: ScriptedServer
) -> None:
    found = await watched(crowd, 3)
    assert sum(frame["type"] == "hello" for frame in scripted.heard) == 3
    assert {frame["type"] for frame in scripted.heard} >= {"keystroke", "close"}
    assert found.served(300)
    assert found.answers.unanswered == 0


async def test_who_comes_is_somewhere_in_a_text_already(crowd: Crowd, scripted: ScriptedServer) -> None:
    await watched(crowd, 4, seconds=0.05)
    first = [frame for frame in scripted.heard if frame["type"] == "keystroke" and frame["seq"] == 1]
    assert any(len(frame["before"]) > 1 for frame in first)


async def test_a_closed_connection_is_a_refusal_and_the_others_go_on(
    crowd: Crowd, scripted: ScriptedServer
) -> None:
    scripted.hang_up = 30  # the connection that says the thirtieth thing
    found = await watched(crowd, 2, seconds=0.6)
    assert found.lost == 1
    assert found.refused >= 1
    assert not found.served(300)
    assert len(scripted.heard) > 31


async def test_beyond_capacity_all_leave_but_one_whose_next_keystrokes_count(
    crowd: Crowd, scripted: ScriptedServer
) -> None:
    def overloaded(frame: dict[str, Any]) -> list[dict[str, Any]]:
        if frame["field"].startswith("typist-0-"):
            return [suggestion(frame, "")]
        said = {"type": "error", "code": "overloaded", "message": "too many typists"}
        return [said | {"field": frame["field"], "seq": frame["seq"]}]

    scripted.answers = overloaded
    await crowd.grow(2, 0.05)
    here = Meter(getpid())
    found = await measure_overload(crowd, 4, here, here, ramp_s=0.05, seconds=0.3, budget_ms=300)
    assert found.step.answers.errors_by_code["overloaded"] > 0
    assert found.recovery.keystrokes == RECOVERY_KEYSTROKES
    assert found.flat()["recovery_errors"] == 0


async def test_a_mistake_in_a_typist_is_not_swallowed(scripted: ScriptedServer) -> None:
    async with aiohttp.ClientSession() as http, Crowd(http, scripted.address, TOKEN, [], QUICK) as crowd:
        with pytest.raises(ZeroDivisionError):
            await watched(crowd, 1, seconds=0.05)


def test_capacity_is_the_last_step_before_the_first_that_is_not_carried() -> None:
    steps = [step(8), step(16), step(24, overloaded=1), step(32)]
    assert largest_served(steps, 300) is steps[1]
    assert largest_served([step(8, ms=301)], 300) is None
    assert largest_served([step(8, lost=1)], 300) is None


def test_memory_grows_by_the_second_half_over_the_first() -> None:
    assert growth([100, 110, 120, 121]) == pytest.approx(0.1)
    assert growth([100]) is None


def test_figures_have_the_names_of_the_budget() -> None:
    beyond = Overload(step(32, overloaded=5), answers([], budget_ms=300))
    report = Report("script", 40, 300, [step(8), step(16)], beyond)
    for name in ("capacity-smollm2", "capacity-distilgpt2", "overload"):
        budget = find_budget(name)
        assert budget.at_most.keys() | budget.at_least.keys() <= report.figures_for(name).keys()
    assert report.figures_for("capacity-smollm2")["typists"] == 16
    assert report.figures_for("overload")["overloaded"] == 5


def test_nobody_carried_is_a_capacity_of_none() -> None:
    report = Report("script", 40, 300, [step(8, overloaded=3)])
    assert report.flat()["typists"] == 0
    assert report.flat()["errors"] == 3
    assert "3 refused" in draw(report).svg()


def test_the_table_is_as_wide_as_a_terminal() -> None:
    console = Console(width=80, record=True)
    print_report(Report("script", 40, 300, [step(n) for n in (8, 16, 24, 32, 48, 64, 96)]), console)
    said = console.export_text()
    assert "The server serves 96" in said
    assert "…" not in said
