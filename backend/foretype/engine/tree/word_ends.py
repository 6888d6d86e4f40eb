"""How likely a word ends after a token, whatever the text: a table that `foretype.prepare` measured.

Given the last token of a word, the probability that the word ends there differs little from text to text
(docs/decisions/0045-word-ends.md). With the table, a search need not run the model to learn it.
"""

from __future__ import annotations

from array import array
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


class WordEnds:
    """The probability that no word byte comes after a token. Immutable: any thread may read it."""

    def __init__(self, log_probs: NDArray[np.float16]) -> None:
        """`log_probs`: (vocab_size,) natural logarithms, by token id; not a number for tokens that were not
        measured.
        """
        self._probabilities = array("f", np.exp(log_probs.astype(np.float32)).tobytes())

    @classmethod
    def load(cls, file: Path, vocab_size: int) -> WordEnds | None:
        """None if there is no file: models that were prepared earlier have none. Raises OSError, and
        ValueError if the file is not of a model with `vocab_size` logits.
        """
        if not file.exists():
            return None
        log_probs = np.load(file, allow_pickle=False)
        if log_probs.shape != (vocab_size,) or log_probs.dtype != np.float16:
            raise ValueError(f"{file.name} does not belong to this model")
        return cls(log_probs)

    def probability(self, token: int) -> float | None:
        """0 to 1; None if the token was not measured."""
        found = self._probabilities[token]
        return found if found == found else None
