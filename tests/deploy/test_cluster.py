"""`python -m latency.cluster` with servers that answer at once: what it counts is what happened."""

from __future__ import annotations

import asyncio
import json

import pytest

from latency.cluster import scenarios
from latency.cluster.person import people_at
from latency.cluster.report import Report
from latency.cluster.scenarios import Durations, grow, roll
from latency.cluster.sockets import sockets_at
from latency.several.machine import several
from tests.deploy.test_rolling_restart import PROGRAM, TEXT, WAIT_SECONDS

TYPISTS = 6
WPM = 400.0

pytestmark = pytest.mark.usefixtures("haproxy_program")


async def report_of(scenario: str, servers: int, settle: float) -> Report:
    happens, started = (roll, None) if scenario == "roll" else (grow, 1)
    settings = {"FORETYPE_DRAIN_SECONDS": "1"}
    async with (
        asyncio.timeout(WAIT_SECONDS),
        several(servers, settings, program=PROGRAM, started=started) as there,
    ):
        async with (
            people_at(there, [TEXT], TYPISTS, WPM, 0.5) as people,
            sockets_at(there.proxy) as samples,
        ):
            course = await happens(there, Durations(calm=0.5, settle=settle))
        return Report(scenario, "fake", servers, 300.0, course, samples, people)


async def test_a_rolling_restart_and_a_kill_lose_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenarios, "DOWN_S", 0.5)
    report = await report_of("roll", servers=2, settle=0.5)
    flat = report.flat()
    assert report.course.exit_codes == {"stopped": [0, 0], "killed": [-9]}
    assert [phase.name for phase in report.course.phases] == ["calm", "roll", "rest", "kill", "settle"]
    assert (flat["lost_texts"], flat["errors"], flat["unconnected"]) == (0, 0, 0)
    moved, cut = flat["moved"], flat["cut"]
    assert moved is not None
    assert moved >= TYPISTS
    assert cut is not None
    assert 0 < cut <= TYPISTS
    assert TEXT[:10] not in json.dumps(report.record())


async def test_a_server_that_is_added_gets_its_share() -> None:
    report = await report_of("grow", servers=2, settle=15.0)
    flat = report.flat()
    assert report.samples[0].sockets == {"s01": TYPISTS, "s02": 0}
    assert report.samples[-1].is_even
    assert flat["even_after_s"] is not None
    assert flat["lost_texts"] == 0
    assert min(report.course.keystrokes.values()) > 0
