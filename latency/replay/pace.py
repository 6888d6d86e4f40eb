"""The time between two keys of a person: log-normal, with a mean that follows from the speed in words a
minute.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from random import Random

CHARS_A_WORD = 5  # with the space, as typing speed is counted: at 40 words a minute a character takes 300 ms
SPREAD = 0.45  # standard deviation of the logarithm
SHORTEST_S = 0.03  # two fingers hardly press two keys faster


def mean_gap_s(wpm: float) -> float:
    return 60.0 / (wpm * CHARS_A_WORD)


def gaps(wpm: float, rng: Random, *, scale: float = 1.0) -> Iterator[float]:
    """Endlessly many gaps in seconds. Their mean is that of `wpm`, times `scale`."""
    mu = math.log(mean_gap_s(wpm)) - SPREAD**2 / 2  # the mean of a log-normal is exp(mu + sigma² / 2)
    while True:
        yield max(SHORTEST_S, rng.lognormvariate(mu, SPREAD)) * scale
