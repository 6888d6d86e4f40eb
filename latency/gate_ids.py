"""The gate's text as tokens. Every measurement of a model without a server reads this text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foretype.prepare.gate import gate_text


def gate_ids(tokenizer: Path) -> NDArray[np.int64]:
    """All tokens (n,) of the text, without special tokens. `tokenizer` is a file tokenizer.json."""
    from tokenizers import Tokenizer

    encoded = Tokenizer.from_file(str(tokenizer)).encode(gate_text(), add_special_tokens=False)
    return np.array(encoded.ids, np.int64)
