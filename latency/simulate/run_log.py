"""What a server's log at level debug says about the runs that keystrokes waited for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from latency.simulate.measured import Measured


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


def tokens_of(log: Iterable[str]) -> tuple[int, ...]:
    """At position n, how many keystrokes waited until the model had read n tokens for them."""
    tokens: Counter[int] = Counter()
    received: set[int] = set()
    for line in stages_in(log):
        if line.stage == "model":
            tokens[line.trace] += line.tokens
        elif line.stage == "receive":
            received.add(line.trace)
    counted = Counter(tokens[trace] for trace in received)
    return tuple(counted[number] for number in range(max(counted, default=0) + 1))


def factors_of(known: Measured, log: Iterable[str]) -> tuple[float, ...]:
    """How many times longer than alone each run took, in their order."""
    found: list[float] = []
    same_run = 0
    for line in stages_in(log):
        if line.stage != "model":
            continue
        if same_run:  # each field of a run has a line, and they follow each other
            same_run -= 1
            continue
        same_run = line.fields - 1
        alone_s = known.alone_s(line.tokens) if line.fields == 1 else known.together_s(line.fields)
        found.append(round(line.ms / 1000 / alone_s, 2))
    return tuple(found) or (1.0,)
