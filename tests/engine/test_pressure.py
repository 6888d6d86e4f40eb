"""The load of the model, and the work that is reduced first as the load grows."""

from __future__ import annotations

import pytest

from foretype.engine.pressure import Effort, Pressure
from tests.fake_time import FakeTimers


def test_the_share_rises_while_the_model_works_and_is_forgotten_within_seconds() -> None:
    timers = FakeTimers()
    pressure = Pressure(timers)
    assert pressure.share == 0.0
    began = timers.now
    timers.advance(2000)
    pressure.worked(began)
    assert pressure.share == pytest.approx(0.86, abs=0.01)
    timers.advance(3000)
    assert pressure.share < 0.05


def test_work_half_of_the_time_is_a_share_of_a_half() -> None:
    timers = FakeTimers()
    pressure = Pressure(timers)
    for _ in range(200):
        timers.advance(20)
        began = timers.now
        timers.advance(20)
        pressure.worked(began)
    assert pressure.share == pytest.approx(0.5, abs=0.02)


def test_work_ahead_is_reduced_first_then_length() -> None:
    timers = FakeTimers()
    efforts = []
    for busy_ms in (0, 500, 1000, 5000):
        pressure = Pressure(timers)
        began = timers.now
        timers.advance(busy_ms)
        pressure.worked(began)
        efforts.append(pressure.effort)
    assert efforts == [Effort.ALL, Effort.LITTLE_AHEAD, Effort.NOTHING_AHEAD, Effort.BRIEF]
    assert [effort.runs_ahead(4) for effort in efforts] == [4, 1, 0, 0]
    assert Effort.LITTLE_AHEAD.runs_ahead(0) == 0


def test_the_effort_is_never_lower_than_the_least_that_was_asked_for() -> None:
    timers = FakeTimers()
    pressure = Pressure(timers, Effort.NOTHING_AHEAD)
    began = timers.now
    timers.advance(5000)
    pressure.worked(began)
    assert pressure.share > 0.75
    assert pressure.effort is Effort.NOTHING_AHEAD


def test_after_a_run_without_memory_nothing_is_done_ahead_for_a_minute() -> None:
    timers = FakeTimers()
    pressure = Pressure(timers)
    pressure.spare()
    assert pressure.effort is Effort.NOTHING_AHEAD
    timers.advance(59_000)
    assert pressure.effort is Effort.NOTHING_AHEAD
    timers.advance(1_000)
    assert pressure.effort is Effort.ALL
