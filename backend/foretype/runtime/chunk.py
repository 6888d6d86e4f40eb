"""The input of one run of the model: plain arrays, checked once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foretype.runtime.arena import Arena

MOST_TEXTS = 16
"""Texts in one run: more make it longer than a tenth of a second."""

Ids = NDArray[np.int64]
Logits = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Tokens that go through the model together, appended to one arena.

    ids: (s,) int64, the tokens. They take the arena's next `s` slots, in this order.
    positions: (s,) int64, the position of each token in its text; a text's first token has 0. Nodes of a tree
    may have the same position.
    visible: (s, length + s) bool, the slots that each token attends to: its own is one of them, none comes
    after its own. None: all slots up to its own.
    rows: (k,) int64, the indices into `ids` whose logits are asked for; may be empty.
    """

    ids: Ids
    positions: Ids
    visible: NDArray[np.bool_] | None
    rows: Ids

    def __post_init__(self) -> None:
        count = len(self.ids)
        if count == 0:
            raise ValueError("a chunk needs at least one token")
        if len(self.positions) != count:
            raise ValueError(f"{count} ids, but {len(self.positions)} positions")
        if self.visible is not None and len(self.visible) != count:
            raise ValueError(f"{count} ids, but {len(self.visible)} rows of visible")


@dataclass(frozen=True, slots=True)
class Step:
    """A chunk and the arena to which it is appended."""

    arena: Arena
    chunk: Chunk
