"""Twice what a server carries: it must say so, serve whom it serves in time, keep its memory, and recover."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from latency.capacity.crowd import Crowd
from latency.capacity.steps import LAST_ANSWERS_S, Step, hold
from latency.replay.figures import Answers, answers
from latency.replay.usage import Meter

FIRST_KEYSTROKES = 20
RECOVERY_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Beyond:
    """`recovery` are the first answers of one typist who stays when all others have left."""

    step: Step
    recovery: Answers

    def flat(self) -> dict[str, float | None]:
        """By the names of `budget.toml`'s table `overload`."""
        recovery = self.recovery
        return self.step.flat() | {
            "rss_growth_share": growth(self.step.server_rss_mb),
            "recovery_worst_ms": recovery.final.worst,
            "recovery_errors": float(sum(recovery.errors_by_code.values()) + recovery.unanswered),
        }


def growth(rss_mb: Sequence[float]) -> float | None:
    """By which share the second half's peak is above the first half's."""
    middle = len(rss_mb) // 2
    return max(rss_mb[middle:]) / max(rss_mb[:middle]) - 1 if middle else None


async def go_beyond(
    crowd: Crowd, typists: int, server: Meter, own: Meter, *, ramp_s: float, seconds: float, budget_ms: float
) -> Beyond:
    crowd.shrink(typists)
    await crowd.grow(typists, ramp_s)
    step = await hold(crowd, typists, server, own, seconds=seconds, budget_ms=budget_ms)
    return Beyond(step, await recover(crowd, budget_ms=budget_ms))


async def recover(crowd: Crowd, *, budget_ms: float) -> Answers:
    """All leave but one, whose keystrokes count from that moment on."""
    crowd.shrink(1)
    began = time.perf_counter()
    while time.perf_counter() < began + RECOVERY_TIMEOUT_S:
        sent = crowd.keystrokes(began, float("inf"))
        # One more key: the answer to the one before is there, or will not be.
        if len(sent) > FIRST_KEYSTROKES:
            break
        await asyncio.sleep(0.5)
    await asyncio.sleep(budget_ms / 1000 + LAST_ANSWERS_S)
    return answers(crowd.keystrokes(began, float("inf"))[:FIRST_KEYSTROKES], budget_ms=budget_ms)
