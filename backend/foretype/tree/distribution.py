"""What the model says may come next at one node."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foretype.tokens import Interval, Vocabulary

TOP = 128  # ranks kept in order of probability: enough for nearly every question the search asks


@dataclass(frozen=True, slots=True)
class Distribution:
    """Next-token probabilities in byte order.

    log_probs: (ranks,) float32, natural logarithms; special tokens have no rank, so the sum may be below 1.
    top: (TOP,) int64, the likeliest ranks, best first.
    log_boundary: the logarithm of the probability that no word byte comes next, special tokens included.
    """

    log_probs: NDArray[np.float32]
    top: NDArray[np.int64]
    log_boundary: float

    @classmethod
    def of(cls, logits: NDArray[np.float32], vocabulary: Vocabulary) -> Distribution:
        """From one row of logits, (vocab_size,) float32. Called on the model thread, so the event loop is
        spared the work.
        """
        ranked = logits[vocabulary.ids]
        peak = float(logits.max())
        weights = np.exp(ranked - np.float32(peak))
        specials = np.exp(logits[vocabulary.special_ids] - np.float32(peak))
        total = float(weights.sum(dtype=np.float64) + specials.sum(dtype=np.float64))
        log_probs = ranked - np.float32(peak + math.log(total))
        in_word = float(weights @ vocabulary.word_start) / total
        top = _best(log_probs, min(TOP, len(log_probs)))
        return cls(log_probs, top, math.log(max(1.0 - in_word, 1e-12)))

    def best_in(self, interval: Interval, count: int) -> NDArray[np.int64]:
        """The likeliest ranks of an interval, best first, at most `count`."""
        if len(interval) <= count:
            return interval.low + np.argsort(-self.log_probs[interval.low : interval.high])
        of_top = self.top[(self.top >= interval.low) & (self.top < interval.high)]
        if len(of_top) >= count:
            return of_top[:count]
        return interval.low + _best(self.log_probs[interval.low : interval.high], count)

    def mass_in(self, interval: Interval) -> float:
        """The probability that the next token lies in an interval."""
        return float(np.exp(self.log_probs[interval.low : interval.high]).sum(dtype=np.float64))


def _best(values: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    if count >= len(values):
        return np.argsort(-values)
    some = np.argpartition(-values, count)[:count]
    return some[np.argsort(-values[some])]
