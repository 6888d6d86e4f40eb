"""The order in which probabilities are asked for: a token's rank is its place in the vocabulary's byte order.

The engine's vocabulary makes this order (`foretype.engine.vocabulary`); the runtime only sorts rows by it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TOP = 128  # ranks kept in order of probability: enough for nearly every question that a search asks


@dataclass(frozen=True, slots=True)
class Interval:
    """Ranks `low` to `high`, the latter excluded."""

    low: int
    high: int

    def __len__(self) -> int:
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class Ranks:
    """ids: (ranks,) int64, the token at each rank. special_ids: (n,) int64, the tokens without a rank.
    word_start: (ranks,) float32, 1 if a token begins with a byte of a word, else 0; a sum by a product is
    quickest. top: how many of the likeliest ranks each distribution keeps in order.
    """

    ids: NDArray[np.int64]
    special_ids: NDArray[np.int64]
    word_start: NDArray[np.float32]
    top: int

    def __len__(self) -> int:
        return len(self.ids)
