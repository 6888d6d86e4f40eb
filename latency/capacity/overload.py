"""Twice as many typists as a server can serve. It must answer `overloaded`, give its other answers in time,
use no more memory, and recover afterwards.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from latency.capacity.crowd import Crowd
from latency.capacity.load_step import LAST_ANSWERS_S, LoadStep, watch
from latency.replay.figures import Answers, answers
from latency.replay.usage import Meter

RECOVERY_KEYSTROKES = 20
RECOVERY_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Overload:
    """`recovery` are the answers to the first keystrokes of the one typist that remains afterwards."""

    step: LoadStep
    recovery: Answers

    def flat(self) -> dict[str, float | None]:
        """By the names of the table `overload` in `budget.toml`."""
        recovery = self.recovery
        return self.step.flat() | {
            "rss_growth_share": growth(self.step.server_rss_mb),
            "recovery_worst_ms": recovery.final.worst,
            "recovery_errors": float(sum(recovery.errors_by_code.values()) + recovery.unanswered),
        }


def growth(rss_mb: Sequence[float]) -> float | None:
    """By which share the peak of the second half exceeds the peak of the first half."""
    middle = len(rss_mb) // 2
    return max(rss_mb[middle:]) / max(rss_mb[:middle]) - 1 if middle else None


async def measure_overload(
    crowd: Crowd, typists: int, server: Meter, own: Meter, *, ramp_s: float, seconds: float, budget_ms: float
) -> Overload:
    """Grows the crowd to `typists` within `ramp_s`, watches it for `seconds`, and then watches one typist."""
    crowd.shrink(typists)
    await crowd.grow(typists, ramp_s)
    step = await watch(crowd, typists, server, own, seconds=seconds, budget_ms=budget_ms)
    return Overload(step, await recover(crowd, budget_ms=budget_ms))


async def recover(crowd: Crowd, *, budget_ms: float) -> Answers:
    """All typists but one leave. The keystrokes of the one that remains count from this moment on."""
    crowd.shrink(1)
    began = time.perf_counter()
    while time.perf_counter() < began + RECOVERY_TIMEOUT_S:
        sent = crowd.keystrokes(began, float("inf"))
        # One more than is needed: the keystroke before it has its answer by then, or gets none.
        if len(sent) > RECOVERY_KEYSTROKES:
            break
        await asyncio.sleep(0.5)
    await asyncio.sleep(budget_ms / 1000 + LAST_ANSWERS_S)
    return answers(crowd.keystrokes(began, float("inf"))[:RECOVERY_KEYSTROKES], budget_ms=budget_ms)
