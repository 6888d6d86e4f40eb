"""Models take turns until it is clear which is the fastest; a fake clock says how long each step takes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from foretype.prepare.check import Ids, Logits
from foretype.prepare.race import ROUNDS, STEPS, race


class Clock:
    """A clock that stands still but while a model reads."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Runner:
    """A model whose runs take as long as `seconds` says for their number."""

    def __init__(self, name: str, clock: Clock, log: list[str], seconds: Callable[[int], float]) -> None:
        self._name = name
        self._clock = clock
        self._log = log
        self._seconds = seconds
        self.runs = 0

    def restart(self) -> None:
        pass

    def read(self, ids: Ids) -> Logits:
        self._clock.now += self._seconds(self.runs)
        self.runs += 1
        self._log.append(self._name)
        return np.zeros((len(ids), 1), np.float32)


def race_of(*seconds: Callable[[int], float]) -> tuple[list[float], list[Runner], list[str]]:
    clock, log = Clock(), []  # type: ignore[var-annotated]
    runners = [Runner("ab"[place], clock, log, one) for place, one in enumerate(seconds)]
    speeds = race(runners, np.arange(5), clock)
    return [round(speed.step_ms, 6) for speed in speeds], runners, log


def test_a_clear_difference_is_seen_in_the_first_round_that_counts() -> None:
    step_ms, runners, _ = race_of(lambda run: 0.020, lambda run: 0.017)
    assert step_ms == [20, 17]
    assert [runner.runs for runner in runners] == [2 * (STEPS + 1)] * 2


def test_a_machine_that_is_slow_for_a_while_slows_down_both() -> None:
    def times(base: float) -> Callable[[int], float]:
        return lambda run: base * (5 if run // 7 % 2 else 1)

    step_ms, _, _ = race_of(times(0.020), times(0.019))
    assert step_ms[1] < step_ms[0]


def test_models_of_the_same_speed_run_for_as_long_as_is_allowed() -> None:
    _, runners, log = race_of(lambda run: 0.02 + run % 2 / 1000, lambda run: 0.02 + (run + 1) % 2 / 1000)
    assert [runner.runs for runner in runners] == [ROUNDS * (STEPS + 1)] * 2
    assert "".join(log[:8]) == "ab" + "abba" + "ab"  # the first passes, then steps in turns


def test_one_model_alone_is_measured_in_one_round() -> None:
    step_ms, (runner,), _ = race_of(lambda run: 0.01)
    assert step_ms == [10]
    assert runner.runs == 2 * (STEPS + 1)
