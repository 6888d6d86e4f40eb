"""One step: so many typists for so long, and what came of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from latency.capacity.crowd import Crowd
from latency.replay.figures import Answers, answers
from latency.replay.usage import Meter

LAST_ANSWERS_S = 1.0  # on top of the budget: what was sent last has its answer by then


@dataclass(frozen=True, slots=True)
class Step:
    """Shares of processor time are of one core: 2 means two cores busy all the time."""

    typists: int
    answers: Answers
    lost: int  # connections
    server_cpu_share: float
    server_rss_mb: list[float]  # once a second
    own_cpu_share: float  # of the program that types

    @property
    def refused(self) -> int:
        """Keystrokes with an error or without the answer they were owed, and lost connections."""
        return sum(self.answers.errors_by_code.values()) + self.answers.unanswered + self.lost

    def carried(self, budget_ms: float) -> bool:
        p95 = self.answers.final.p95
        return p95 is not None and p95 <= budget_ms and self.refused == 0

    def flat(self) -> dict[str, float | None]:
        """By the names of `budget.toml`; here `errors` are all who were refused, in whatever way."""
        return self.answers.flat() | {
            "typists": float(self.typists),
            "errors": float(self.refused),
            "lost": float(self.lost),
            "rss_mb": max(self.server_rss_mb, default=None),
            "server_cpu_share": self.server_cpu_share,
            "own_cpu_share": self.own_cpu_share,
        }


async def hold(
    crowd: Crowd, typists: int, server: Meter, own: Meter, *, seconds: float, budget_ms: float
) -> Step:
    """Watch `typists`, who are typing already, for `seconds`, and a little longer for the last answers."""
    begin = time.perf_counter()
    server_cpu, own_cpu = server.cpu_s(), own.cpu_s()
    rss: list[float] = []
    while (left := begin + seconds - time.perf_counter()) > 0:
        rss.append(server.rss_mb())
        await asyncio.sleep(min(1.0, left))
    end = time.perf_counter()
    server_cpu, own_cpu = server.cpu_s() - server_cpu, own.cpu_s() - own_cpu
    await asyncio.sleep(budget_ms / 1000 + LAST_ANSWERS_S)
    crowd.check()
    return Step(
        typists,
        answers(crowd.keystrokes(begin, end), budget_ms=budget_ms),
        sum(begin <= at < end for at in crowd.lost),
        server_cpu / (end - begin),
        rss,
        own_cpu / (end - begin),
    )


def capacity(steps: Sequence[Step], budget_ms: float) -> Step | None:
    """The last step before the first that was not carried."""
    best = None
    for step in steps:
        if not step.carried(budget_ms):
            break
        best = step
    return best
