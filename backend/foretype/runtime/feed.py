"""The inputs of the fused graph (foretype.prepare.fuse) for one run, as arrays in host memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from foretype.runtime.arena import IDLE, Arena
from foretype.runtime.chunk import Chunk, Step

HIDDEN = {  # added to the attention score of a slot that a token must not see
    np.float32: -1e9,
    np.float16: -6e4,  # close to the least value of a half float
}

Feed = Mapping[str, np.ndarray[Any, Any]]
Float = type[np.float32] | type[np.float16]


def of_text(arena: Arena, chunk: Chunk, dtype: Float) -> Feed:
    """Inputs for several tokens of one text, which take the arena's next slots. Raises ArenaFullError."""
    arena.settle()
    count = len(chunk.ids)
    total = IDLE + arena.claim(count) + count
    bias = np.zeros((1, 1, count, total), dtype)
    bias[..., :IDLE] = HIDDEN[dtype]
    if chunk.visible is not None:
        bias[0, 0, :, IDLE:][~chunk.visible] = HIDDEN[dtype]
    return {
        "input_ids": chunk.ids[None],
        "position_ids": chunk.positions[None],
        "seqlens_k": np.array([total - 1], np.int32),
        "total_sequence_length": np.array(total, np.int32),
        "attention_bias": bias,
        "rows": chunk.rows,
        "spread": np.zeros(1, np.int64),
        "gathered": np.zeros(1, np.int64),
    }


def of_texts(steps: Sequence[Step], span: tuple[int, int], dtype: Float) -> Feed:
    """Inputs for one token of each of several arenas of one pool; each takes its arena's next slot.

    span: the rows of the pool (from, to) that the run covers. Rows of the span that take no part run as well,
    each over its idle slot only. Raises ArenaFullError.
    """
    first, last = span
    rows = [step.arena.row - first for step in steps]
    seqlens = np.zeros(last - first, np.int32)  # the slot of each row's new keys and values
    for step, row in zip(steps, rows, strict=True):
        step.arena.settle()
        seqlens[row] = IDLE + step.arena.claim(1)
    bias = np.zeros((last - first, 1, 1, int(seqlens.max()) + 1), dtype)
    spread = np.zeros(last - first, np.int64)
    for index, (step, row) in enumerate(zip(steps, rows, strict=True)):
        spread[row] = index
        bias[row, ..., :IDLE] = HIDDEN[dtype]
        visible = step.chunk.visible
        if visible is not None:
            bias[row, 0, :, IDLE : IDLE + visible.shape[1]][~visible] = HIDDEN[dtype]
    return {
        "input_ids": np.array([step.chunk.ids for step in steps]),
        "position_ids": np.array([step.chunk.positions for step in steps]),
        "seqlens_k": seqlens,
        "total_sequence_length": np.array(seqlens.max() + 1, np.int32),
        "attention_bias": bias,
        "rows": np.flatnonzero([len(step.chunk.rows) for step in steps]).astype(np.int64),
        "spread": spread,
        "gathered": np.array(rows, np.int64),
    }


def padded(feed: Feed, into: Feed) -> None:
    """Write the inputs of a run into the larger arrays of a run over more or longer texts, with zeros after
    them.

    The zeros change no result: rows without a text are not used, and no row is read beyond its own length.
    `total_sequence_length` keeps the value that `into` has.
    """
    for name, value in feed.items():
        if value.ndim:
            into[name].fill(0)
            into[name][tuple(map(slice, value.shape))] = value
