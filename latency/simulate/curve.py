"""What one server does with a number of typists, from simulations of it, for any number in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latency.replay.pace import mean_gap_s
from latency.simulate.measured import Measured
from latency.simulate.one_server import simulate_server

SIZES = (1, 6, 12, 18, 24, 32, 40, 48, 56, 64, 72, 80, 96, 112, 128, 160, 200, 256)
WATCHED_S = 30.0
SERVED_MISSED_SHARE = 0.01  # a server serves a crowd if it misses at most this share of the keystrokes

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """By the number of typists (n,): the share of the time in which the model runs for keystrokes, the share
    of keystrokes that is late or refused, and the 95th percentile of the answers. Beyond the largest crowd,
    the values are those of the largest.
    """

    typists: Floats
    busy: Floats
    missed: Floats
    p95_ms: Floats
    keystrokes_a_typist_s: float

    def busy_at(self, typists: Floats) -> Floats:
        return np.interp(typists, self.typists, self.busy)

    def missed_at(self, typists: Floats) -> Floats:
        return np.interp(typists, self.typists, self.missed)

    @property
    def served(self) -> float:
        """The largest number of typists that one server serves, by `SERVED_MISSED_SHARE`."""
        every = np.arange(1.0, self.typists[-1] + 1)
        beyond = np.flatnonzero(self.missed_at(every) > SERVED_MISSED_SHARE)
        return float(every[beyond[0]] - 1 if len(beyond) else every[-1])


def curve_of(measured: Measured, seed: int, sizes: Sequence[int] = SIZES) -> Curve:
    """Takes some seconds."""
    tallies = [simulate_server(measured, size, WATCHED_S, seed) for size in sizes]
    busy = [tally.busy_share for tally in tallies]
    missed = [tally.missed_share(measured.budget_ms) for tally in tallies]
    p95 = [tally.p95_ms for tally in tallies]
    points = (np.array([0.0, *of]) for of in (sizes, busy, missed, p95))
    typists, busy_shares, missed_shares, p95_ms = points
    return Curve(typists, busy_shares, missed_shares, p95_ms, 1 / mean_gap_s(measured.wpm))
