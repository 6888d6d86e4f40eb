"""What a server's log at level debug says about the runs that keystrokes waited for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from latency.simulate.measured import Measured

CASES = 40  # that stand for all factors


@dataclass(frozen=True, slots=True)
class LoggedStage:
    """One line. `fields`, `tokens`: of the run, if the stage is the model's."""

    stage: str
    trace: int
    ms: float
    fields: int
    tokens: int


def stages_in(log: Iterable[str]) -> Iterator[LoggedStage]:
    for line in log:
        if " event='stage' " in line:
            found = dict(part.split("=", 1) for part in line.split() if "=" in part)
            counts = int(found.get("fields", 0)), int(found.get("tokens", 0))
            yield LoggedStage(found["stage"].strip("'"), int(found["trace"]), float(found["ms"]), *counts)


def steps_of(log: Iterable[str]) -> tuple[int, ...]:
    """At position n, how many keystrokes waited for n runs."""
    runs: Counter[int] = Counter()
    received: set[int] = set()
    for line in stages_in(log):
        if line.stage == "model":
            runs[line.trace] += 1
        elif line.stage == "receive":
            received.add(line.trace)
    steps = Counter(runs[trace] for trace in received)
    return tuple(steps[number] for number in range(max(steps, default=0) + 1))


def factors_of(known: Measured, log: Iterable[str]) -> tuple[float, ...]:
    """By how much longer runs took than alone, as `CASES` equally frequent cases in ascending order."""
    found: list[tuple[float, float]] = []
    for line in stages_in(log):
        if line.stage == "model":
            alone_s = known.alone_s(line.tokens) if line.fields == 1 else known.together_s(line.fields)
            found.append((line.ms / 1000 / alone_s, 1 / line.fields))  # each of its fields has a line
    if not found:
        return (1.0,)
    factors, weights = np.array(sorted(found)).T
    middles = (np.arange(CASES) + 0.5) / CASES * weights.sum()
    places = np.minimum(np.searchsorted(np.cumsum(weights), middles), len(factors) - 1)
    return tuple(round(float(factor), 3) for factor in factors[places])
