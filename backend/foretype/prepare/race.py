"""Which of several models takes the least time for a step. They run in turns, so that other work on the
machine slows down all of them, until it is clear which is the fastest.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from foretype.prepare.check import Ids, Reader

FIRST = 64  # tokens that are read in one run before the steps of a round
STEPS = 24  # of each model in a round
ROUNDS = 10  # at most; the first is not measured
CLEAR = 2.6  # standard deviations of a fair coin: a difference by chance in 1 of 100 comparisons


@dataclass(frozen=True, slots=True)
class Speed:
    """Medians in milliseconds: of one token after 64, and of the first run with 64 tokens."""

    step_ms: float
    prefill_ms: float


def race(readers: Sequence[Reader], ids: Ids, clock: Callable[[], float] = time.perf_counter) -> list[Speed]:
    """The speed of each model. `ids` are any tokens; `clock` gives seconds."""
    text = np.resize(ids, FIRST)
    steps: list[list[float]] = [[] for _ in readers]
    prefills: list[list[float]] = [[] for _ in readers]
    for number in range(ROUNDS):
        measured = number > 0
        for reader, found in zip(readers, prefills, strict=True):
            reader.restart()
            taken = _milliseconds(reader, text, clock)
            if measured:
                found.append(taken)
        for index in range(STEPS):
            for place in _turns(len(readers), index):
                taken = _milliseconds(readers[place], text[index : index + 1], clock)
                if measured:
                    steps[place].append(taken)
        if measured and is_clear(steps):
            break
    return [
        Speed(statistics.median(step), statistics.median(prefill))
        for step, prefill in zip(steps, prefills, strict=True)
    ]


def is_clear(times: Sequence[Sequence[float]]) -> bool:
    """Whether the one with the lowest median is faster than each other in so many of their pairs that it is
    not chance (a sign test). `times[n][i]` were measured directly after each other.
    """
    fastest = min(times, key=statistics.median)
    return all(_is_faster(fastest, other) for other in times if other is not fastest)


def _is_faster(one: Sequence[float], other: Sequence[float]) -> bool:
    won = sum(mine < theirs for mine, theirs in zip(one, other, strict=True))
    return won - len(one) / 2 >= CLEAR * math.sqrt(len(one)) / 2


def _turns(count: int, index: int) -> range:
    """The order in a turn. It is reversed in every other turn, since the second of two may have a warmer or
    a fuller cache.
    """
    return range(count) if index % 2 == 0 else range(count - 1, -1, -1)


def _milliseconds(reader: Reader, ids: Ids, clock: Callable[[], float]) -> float:
    start = clock()
    reader.read(ids)
    return (clock() - start) * 1000
