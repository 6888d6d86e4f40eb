"""The model's distribution after a node, mixed with what a person typed there before.

p = (1 - a) p_model + a q, where q is made of the counts after 0 to 3 tokens of context. Each context may take
a part from what the shorter ones have given (interpolation after Jelinek and Mercer, 1980). The part grows
with how often the person has *repeated* what follows: a context after which everything came only once says
little.
"""

from __future__ import annotations

import math
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
NOTICED = 0.002  # a token with less of q's probability is not brought among the likeliest


class MixedDistribution(Distribution):
    """What `Distribution` promises, for one person. Cheap to make: it copies no whole distribution."""

    __slots__ = ("_log_share", "_own", "_share", "base", "table")

    def __init__(self, base: Distribution, table: Table, context: Sequence[int]) -> None:
        """`context`: the numbers of the tokens before, at most `ORDER`, the nearest last."""
        self.base = base
        self.table = table
        self._own, self._share = own_part(table, context)
        self._log_share = np.float32(math.log(self._share))
        boundary = self._share * math.exp(base.log_boundary) + float(self._own @ (1.0 - table.starts_word))
        self.top = self._mixed(base.top, self._noticed(base.top))
        self.log_boundary = math.log(max(boundary, 1e-12))

    @property
    def most_bytes(self) -> int:
        return self._own.nbytes

    def is_whole(self) -> bool:
        return self.base.is_whole()

    @property
    def log_probs(self) -> NDArray[np.float32]:
        mixed = self.base.log_probs + self._log_share
        ranks = self.table.ranks
        mixed[ranks] = np.log(np.exp(mixed[ranks]) + self._own)
        return mixed

    def best_in(self, interval: Interval, count: int) -> Likely:
        low, high = np.searchsorted(self.table.ranks, (interval.low, interval.high)).tolist()
        theirs = low + np.flatnonzero(self._own[low:high])
        mixed = self._mixed(self.base.best_in(interval, count), self._likeliest(theirs, count))
        return Likely(mixed.ranks[:count], mixed.log_probs[:count])

    def best_of(self, ranks: list[int]) -> Likely:
        return self._mixed(self.base.best_of(ranks), np.empty(0, np.int64))

    def mass_in(self, interval: Interval) -> float:
        low, high = np.searchsorted(self.table.ranks, (interval.low, interval.high)).tolist()
        return self._share * self.base.mass_in(interval) + float(self._own[low:high].sum())

    def _noticed(self, top: Likely) -> NDArray[np.int64]:
        """The places of tokens that may be among the likeliest."""
        return self._likeliest(np.flatnonzero(self._own > NOTICED), len(top.ranks))

    def _likeliest(self, places: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        if len(places) <= count:
            return places
        return places[np.argpartition(-self._own[places], count)[:count]]

    def _mixed(self, base: Likely, places: NDArray[np.int64]) -> Likely:
        """The ranks of `base` and those at `places`, mixed, best first."""
        table = self.table
        more = table.ranks[places]
        if len(more):
            more = more[np.isin(more, base.ranks, invert=True, assume_unique=True)]
        ranks = np.concatenate((base.ranks, more))
        # A rank that is not in `base` is less likely than all that are, so on a device 0 will do for it.
        of_more = self.base.log_probs[more] if len(more) and self.base.is_whole() else np.full(len(more), -99)
        probs = np.exp(np.concatenate((base.log_probs, of_more)) + self._log_share)
        found = np.minimum(np.searchsorted(table.ranks, ranks), len(table.ranks) - 1)
        probs += np.where(table.ranks[found] == ranks, self._own[found], np.float32(0))
        order = np.argsort(-probs, kind="stable")
        log_probs = np.log(np.maximum(probs[order], 1e-30)).astype(np.float32)
        return Likely(ranks[order], log_probs)


def own_part(table: Table, context: Sequence[int]) -> tuple[NDArray[np.float32], float]:
    """The probabilities (n,) that the person's counts give to `table.ranks`, and the model's share: together
    they are 1.
    """
    own = np.zeros(len(table.ranks), np.float32)
    left = 1.0
    for length in range(len(context) + 1):
        found = table.followers(context[len(context) - length :])
        if found is None:
            break
        places, counts = found
        total = float(counts.sum())
        share = share_of(length, total, len(places))
        own *= np.float32(1.0 - share)
        own[places] += np.float32(share / total) * counts
        left *= 1.0 - share
    return own, left


def share_of(length: int, total: float, kinds: int) -> float:
    """The share of a context of `length` tokens after which `total` tokens of `kinds` kinds came."""
    repeated = total - kinds + ONCE
    return min(MOST_SHARE[length], repeated / (repeated + DOUBT * kinds))
