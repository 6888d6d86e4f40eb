"""One step of the load: a number of typists, watched for some time, and the figures of that time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from latency.capacity.crowd import Crowd
from latency.replay.figures import Answers, answers
from latency.replay.usage import Meter

LAST_ANSWERS_S = 1.0  # how much longer than the budget the last answers are waited for


@dataclass(frozen=True, slots=True)
class LoadStep:
    """Shares of processor time are of one core: 2 means that two cores were busy all the time."""

    typists: int
    answers: Answers
    lost: int  # connections that the server closed
    server_cpu_share: float
    server_rss_mb: list[float]  # once a second
    own_cpu_share: float  # of the program that types

    @property
    def refused(self) -> int:
        """Keystrokes with an error or without an answer that was due, and lost connections."""
        return sum(self.answers.errors_by_code.values()) + self.answers.unanswered + self.lost

    def served(self, budget_ms: float) -> bool:
        """Whether 95 % of the final answers came within the budget, and nothing was refused."""
        p95 = self.answers.final.p95
        return p95 is not None and p95 <= budget_ms and self.refused == 0

    def flat(self) -> dict[str, float | None]:
        """By the names of `budget.toml`. Here `errors` counts everything that was refused."""
        return self.answers.flat() | {
            "typists": float(self.typists),
            "errors": float(self.refused),
            "lost": float(self.lost),
            "rss_mb": max(self.server_rss_mb, default=None),
            "server_cpu_share": self.server_cpu_share,
            "own_cpu_share": self.own_cpu_share,
        }


async def watch(
    crowd: Crowd, typists: int, server: Meter, own: Meter, *, seconds: float, budget_ms: float
) -> LoadStep:
    """Watches `typists`, which already type, for `seconds`, and then waits for the last answers."""
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
    return LoadStep(
        typists,
        answers(crowd.keystrokes(begin, end), budget_ms=budget_ms),
        sum(begin <= at < end for at in crowd.lost),
        server_cpu / (end - begin),
        rss,
        own_cpu / (end - begin),
    )


def largest_served(steps: Sequence[LoadStep], budget_ms: float) -> LoadStep | None:
    """The last step before the first one that was not served. None if the first was not."""
    best = None
    for step in steps:
        if not step.served(budget_ms):
            break
        best = step
    return best
