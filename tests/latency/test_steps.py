"""The ratios of steps, from readers that take a time of their own."""

from __future__ import annotations

import numpy as np
import pytest

from foretype.prepare.check import Ids, Logits
from latency import steps


class Slow:
    """A reader that moves a clock on by so much a token."""

    def __init__(self, clock: list[float], seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self.begun = 0

    def restart(self) -> None:
        self.begun += 1

    def read(self, ids: Ids) -> Logits:
        self._clock[0] += self._seconds * len(ids)
        return np.zeros((len(ids), 1), np.float32)


def test_each_has_its_turn_and_the_ratios_are_of_medians(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(steps.time, "perf_counter", lambda: clock[0])
    readers = {
        steps.SMALL: Slow(clock, 0.004),
        steps.EXPORT: Slow(clock, 0.010),
        steps.LARGE: Slow(clock, 0.008),
    }
    times = steps.measure(dict(readers), np.arange(steps.FIRST), rounds=2)
    assert times[steps.SMALL].step == pytest.approx(4)
    assert times[steps.SMALL].first == pytest.approx(4 * steps.FIRST)
    assert {reader.begun for reader in readers.values()} == {3}
    found = steps.ratios(times)
    assert found["step_of_gpt2_ratio"] == pytest.approx(0.5)
    assert found["step_of_export_ratio"] == pytest.approx(0.4)
