"""The server saves energy as the user says, or while the machine runs on its battery."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import psutil
import pytest

from foretype.support.frugal import ASKED_EVERY_S, Frugal, Frugality, on_battery
from tests.fake_time import FakeTimers


def test_the_battery_is_not_asked_if_the_user_has_decided() -> None:
    def fail() -> bool:
        raise AssertionError

    timers = FakeTimers()
    assert Frugality(Frugal.ON, timers.time, fail)()
    assert not Frugality(Frugal.OFF, timers.time, fail)()


def test_a_machine_that_is_unplugged_while_serving_saves_energy_after_a_while() -> None:
    timers, asked, plugged = FakeTimers(), 0, True

    def ask() -> bool:
        nonlocal asked
        asked += 1
        return not plugged

    frugal = Frugality(Frugal.AUTO, timers.time, ask)
    assert not frugal()
    plugged = False
    assert not frugal()
    assert asked == 1, "not asked at each keystroke"
    timers.advance(1000 * ASKED_EVERY_S)
    assert frugal()
    plugged = True
    timers.advance(1000 * ASKED_EVERY_S)
    assert not frugal()


def broken() -> None:
    raise OSError


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (lambda: None, False),
        (lambda: SimpleNamespace(power_plugged=True), False),
        (lambda: SimpleNamespace(power_plugged=False), True),
        (lambda: SimpleNamespace(power_plugged=None), False),
        (broken, False),
    ],
)
def test_a_battery_counts_only_if_the_system_says_that_it_is_used(
    read: Callable[[], object], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "sensors_battery", read, raising=False)
    assert on_battery() is expected


def test_a_system_without_such_a_reading_has_no_battery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(psutil, "sensors_battery", raising=False)
    assert not on_battery()
