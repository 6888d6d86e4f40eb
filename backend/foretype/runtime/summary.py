"""The part of a row of logits that the host gets from a device: its top, and a way to fetch all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class WholeRow(Protocol):
    """All log-probabilities of a row, on the device."""

    def fetch(self) -> NDArray[np.float32] | None:
        """(ranks,) float32. None if later rows have overwritten it. Any thread may call this."""


@dataclass(frozen=True, slots=True)
class Summary:
    """top: (top,) int64, the likeliest ranks, best first; log_probs: (top,) float32, theirs. log_boundary:
    the logarithm of the probability that no word byte comes next, special tokens included.
    """

    top: NDArray[np.int64]
    log_probs: NDArray[np.float32]
    log_boundary: float
    row: WholeRow
