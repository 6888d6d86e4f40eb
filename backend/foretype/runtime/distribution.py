"""The model's probabilities for the token that comes next after one node."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foretype.runtime.ranks import Interval, Ranks
from foretype.runtime.summary import Summary, WholeRow


class Likely(NamedTuple):
    """Ranks, best first, and their natural logarithms of probability: (n,) int64 and (n,) float32."""

    ranks: NDArray[np.int64]
    log_probs: NDArray[np.float32]


class Distribution:
    """Next-token probabilities in byte order. Special tokens have no rank, so the sum may be below 1.

    top: the likeliest ranks, `Ranks.top` of them.
    log_boundary: the logarithm of the probability that no word byte comes next, special tokens included.

    All log-probabilities may still be on a device: `top` and `log_boundary` are always available, everything
    else only after `is_whole` has returned True.
    """

    __slots__ = ("_ranks", "_row", "_whole", "log_boundary", "top")

    def __init__(
        self,
        top: Likely,
        log_boundary: float,
        ranks: int,
        *,
        whole: NDArray[np.float32] | None,
        row: WholeRow | None,
    ) -> None:
        """`ranks`: how many there are. `whole`: (ranks,) float32, or None if `row` fetches it."""
        self.top = top
        self.log_boundary = log_boundary
        self._ranks = ranks
        self._whole = whole
        self._row = row

    @classmethod
    def of(cls, logits: NDArray[np.float32], ranks: Ranks) -> Distribution:
        """From one row of logits, (vocab_size,) float32. Called on the model thread, so that the event loop
        does not do the work.
        """
        ranked = logits[ranks.ids]
        peak = float(logits.max())
        weights = np.exp(ranked - np.float32(peak))
        specials = np.exp(logits[ranks.special_ids] - np.float32(peak))
        total = float(weights.sum(dtype=np.float64) + specials.sum(dtype=np.float64))
        log_probs = ranked - np.float32(peak + math.log(total))
        in_word = float(weights @ ranks.word_start) / total
        best = _best(log_probs, ranks.top)
        top = Likely(best, log_probs[best])
        return cls(top, math.log(max(1.0 - in_word, 1e-12)), len(log_probs), whole=log_probs, row=None)

    @classmethod
    def summed_up(cls, summary: Summary, ranks: Ranks) -> Distribution:
        """From the summary of a row of logits that stays on a device."""
        top = Likely(summary.top, summary.log_probs)
        return cls(top, summary.log_boundary, len(ranks), whole=None, row=summary.row)

    @property
    def most_bytes(self) -> int:
        """Bytes that the distribution takes when it is whole."""
        return self._ranks * np.dtype(np.float32).itemsize

    def is_whole(self) -> bool:
        """Whether all log-probabilities are in host memory; they are fetched now if they are on a device.
        False if they have been overwritten there: then the model must run again.
        """
        if self._whole is None and self._row is not None:
            self._whole = self._row.fetch()
        return self._whole is not None

    @property
    def is_on_host(self) -> bool:
        """Whether `log_probs` can be had without fetching them."""
        return self._whole is not None

    @property
    def log_probs(self) -> NDArray[np.float32]:
        """(ranks,) float32, natural logarithms. Only after `is_whole` has returned True."""
        assert self._whole is not None, "asked for more than its top before it was whole"
        return self._whole

    def best_in(self, interval: Interval, count: int) -> Likely:
        """The likeliest ranks of an interval, at most `count`."""
        inside = self.log_probs[interval.low : interval.high]
        if len(interval) > count:
            of_top = (self.top.ranks >= interval.low) & (self.top.ranks < interval.high)
            if np.count_nonzero(of_top) >= count:
                return Likely(self.top.ranks[of_top][:count], self.top.log_probs[of_top][:count])
        best = _best(inside, count)
        return Likely(interval.low + best, inside[best])

    def best_of(self, ranks: list[int]) -> Likely:
        """These ranks, best first."""
        log_probs = self.log_probs[ranks]
        best = np.argsort(-log_probs, kind="stable")
        return Likely(np.array(ranks)[best], log_probs[best])

    def mass_in(self, interval: Interval) -> float:
        """The probability that the next token lies in an interval."""
        return float(np.exp(self.log_probs[interval.low : interval.high]).sum(dtype=np.float64))


def _best(values: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    if count >= len(values):
        return np.argsort(-values)
    some = np.argpartition(-values, count)[:count]
    return some[np.argsort(-values[some])]
