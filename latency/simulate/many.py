"""What a fixed number of servers serves together, compared with as many times what one serves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latency.simulate.curve import SERVED_MISSED_SHARE, Curve

DRAWS = 200
UNEVEN = 0.3  # sockets may differ by so much from even


@dataclass(frozen=True, slots=True)
class ManyServers:
    """`typing`: the most people who type at once, on average, so that at most `SERVED_MISSED_SHARE` of their
    keystrokes are missed. `ratio`: of that to `servers` times what one serves.
    """

    servers: int
    people_a_typist: float
    uneven: float
    typing: float
    ratio: float


def many_servers(
    curve: Curve, servers: int, typing_share: float, seed: int, *, uneven: float = 0.0
) -> ManyServers:
    """Each person types `typing_share` of the time, independently of the others. `uneven`: by which share the
    sockets of a server may differ from the mean.
    """
    few, many = 0.0, curve.served * 1.5
    while many - few > 0.25:
        middle = (few + many) / 2
        missed = _missed_share(curve, servers, middle, typing_share, uneven, seed)
        few, many = (middle, many) if missed <= SERVED_MISSED_SHARE else (few, middle)
    return ManyServers(servers, 1 / typing_share, uneven, few * servers, few / curve.served)


def _missed_share(
    curve: Curve, servers: int, typing_each: float, typing_share: float, uneven: float, seed: int
) -> float:
    rng = np.random.default_rng(seed)
    even = typing_each / typing_share
    sockets = np.round(even * rng.uniform(1 - uneven, 1 + uneven, (DRAWS, servers))).astype(np.int64)
    typing = rng.binomial(sockets, typing_share).astype(np.float64)
    total = typing.sum()
    return float((curve.missed_at(typing) * typing).sum() / total) if total else 0.0
