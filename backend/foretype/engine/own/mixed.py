"""The model's distribution after a node, mixed with what a person typed there before.

p = (1 - a) p_model + a q, where q is made of the counts after 0 to 3 tokens of context. Each context may take
a part from what the shorter ones have given (interpolation after Jelinek and Mercer, 1980). The part grows
with how often the person has *repeated* what follows: a context after which everything came only once says
little.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from foretype.engine.own.counts import Table
from foretype.runtime.distribution import Distribution, Likely
from foretype.runtime.ranks import Interval

# Measured in docs/decisions/0036-own-words.md.
MOST_SHARE = (0.05, 0.8, 0.8, 0.8)  # of the mass, by the tokens of context
DOUBT = 4.0
ONCE = 0.4
NOTICED = 0.004  # a token with less of the person's part is not brought among the likeliest
FROM_MODEL = 32  # of the model's likeliest tokens: a search follows 12


class MixedDistribution(Distribution):
    """What `Distribution` promises, for one person. Cheap to make: it copies no whole distribution."""

    __slots__ = ("_log_share", "_own", "_share", "_top", "base", "table")

    def __init__(self, base: Distribution, table: Table, context: Sequence[int]) -> None:
        """`context`: the numbers of the tokens before, at most `ORDER`, the nearest last."""
        self.base = base
        self.table = table
        self._own, self._share = own_part(table, context)
        self._log_share = np.float32(math.log(self._share))
        self._top: Likely | None = None
        boundary = self._share * math.exp(base.log_boundary) + float(self._own @ table.ends_word)
        self.log_boundary = math.log(max(boundary, 1e-12))

    @property
    def top(self) -> Likely:  # type: ignore[override]  # made when it is asked for: not all nodes need it
        """All ranks that reach `NOTICED` in the person's part, and `FROM_MODEL` of the model's likeliest."""
        if self._top is None:
            ranks, log_probs = self.base.top
            is_noticed = self._own > NOTICED
            self._top = self._mixed(Likely(ranks[:FROM_MODEL], log_probs[:FROM_MODEL]), is_noticed)
        return self._top

    @property
    def most_bytes(self) -> int:
        return self._own.nbytes

    @property
    def is_on_host(self) -> bool:
        return self.base.is_on_host

    def is_whole(self) -> bool:
        return self.base.is_whole()

    @property
    def log_probs(self) -> NDArray[np.float32]:
        mixed = self.base.log_probs + self._log_share
        ranks = self.table.ranks
        mixed[ranks] = np.log(np.exp(mixed[ranks]) + self._own)
        return mixed

    def best_in(self, interval: Interval, count: int) -> Likely:
        low, high = self._span(interval)
        ranks, log_probs = self.base.best_in(interval, count)
        if low == high:
            return Likely(ranks, log_probs + self._log_share)
        own_ranks = self.table.ranks[low:high]
        places = np.minimum(own_ranks.searchsorted(ranks), high - low - 1)
        is_other = own_ranks[places] != ranks
        probs = np.concatenate((log_probs[is_other], self.base.log_probs[own_ranks]))
        np.exp(probs + self._log_share, out=probs)
        others = len(probs) - (high - low)
        probs[others:] += self._own[low:high]
        best = np.argsort(-probs, kind="stable")[:count]
        return Likely(np.concatenate((ranks[is_other], own_ranks))[best], np.log(probs[best]))

    def best_of(self, ranks: list[int]) -> Likely:
        return self._mixed(self.base.best_of(ranks), np.zeros(len(self._own), np.bool_))

    def mass_in(self, interval: Interval) -> float:
        low, high = self._span(interval)
        of_model = self._share * self.base.mass_in(interval)
        return of_model if low == high else of_model + float(np.add.reduce(self._own[low:high]))

    def _span(self, interval: Interval) -> tuple[int, int]:
        """The places of the person's tokens in an interval."""
        ranks = self.table.ranks_in_order
        low = bisect_left(ranks, interval.low)
        return low, bisect_left(ranks, interval.high, lo=low)

    def _mixed(self, base: Likely, with_places: NDArray[np.bool_]) -> Likely:
        """The ranks of `base` and those at the marked places, which are unmarked if they are in both. Best
        first.
        """
        table, own = self.table, self._own
        places = np.minimum(table.ranks.searchsorted(base.ranks), len(table.ranks) - 1)
        is_own = table.ranks[places] == base.ranks
        with_places[places[is_own]] = False
        more = np.flatnonzero(with_places)
        ranks, of_own = base.ranks, np.where(is_own, own[places], np.float32(0))
        log_probs = base.log_probs
        if len(more):
            ranks = np.concatenate((ranks, table.ranks[more]))
            of_own = np.concatenate((of_own, own[more]))
            log_probs = np.concatenate((log_probs, self._of_model(table.ranks[more])))
        probs = np.exp(log_probs + self._log_share) + of_own
        order = np.argsort(-probs, kind="stable")
        return Likely(ranks[order], np.log(np.maximum(probs[order], np.float32(1e-30))))

    def _of_model(self, ranks: NDArray[np.int64]) -> NDArray[np.float32]:
        """The model's log-probabilities. If they lie on a device, 0 will do for ranks that are not among its
        likeliest.
        """
        if self.base.is_on_host:
            return self.base.log_probs[ranks]
        return np.full(len(ranks), -99, np.float32)


def own_part(table: Table, context: Sequence[int]) -> tuple[NDArray[np.float32], float]:
    """The probabilities (n,) that the person's counts give to `table.ranks`, and the model's share: together
    they are 1.
    """
    found = table.followers(context)
    left = 1.0
    weights: list[float] = []  # of one count after each context, the longest first
    for length in reversed(range(len(found))):
        after = found[length]
        share = share_of(length, after.total, len(after.places))
        weights.append(left * share / after.total)
        left *= 1.0 - share
    own = table.after_nothing * np.float32(weights.pop())
    for after, weight in zip(found[1:], reversed(weights), strict=True):
        own[after.places] += after.counts * np.float32(weight)
    return own, left


def share_of(length: int, total: float, kinds: int) -> float:
    """The share of a context of `length` tokens after which `total` tokens of `kinds` kinds came."""
    repeated = total - kinds + ONCE
    return min(MOST_SHARE[length], repeated / (repeated + DOUBT * kinds))
