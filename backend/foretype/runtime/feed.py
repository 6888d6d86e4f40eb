"""What a run of the fused graph is fed (foretype.prepare.fuse), as arrays in this computer's memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from foretype.runtime.arena import IDLE, Arena
from foretype.runtime.chunk import Chunk, Step

HIDDEN = {  # added to the attention score of a slot that a token must not see
    np.float32: -1e9,
    np.float16: -6e4,  # the half float's own range ends soon after
}

Feed = Mapping[str, np.ndarray[Any, Any]]
Float = type[np.float32] | type[np.float16]


def of_text(arena: Arena, chunk: Chunk, dtype: Float) -> Feed:
    """Several tokens of one text, which take the arena's next slots. Raises ArenaFullError."""
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
    """One token of each of several arenas of one pool, which takes the arena's next slot.

    span: the rows of the pool (from, to) that the run goes over. Rows in it that take no part are run all the
    same, each over its idle slot only. Raises ArenaFullError.
    """
    first, last = span
    rows = [step.arena.row - first for step in steps]
    seqlens = np.zeros(last - first, np.int32)  # where each row's new keys and values go
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
    """Write a run over several texts into arrays of one over more, or longer ones; zeros beyond it.

    No row of the past is spread from a text that is not there, and beyond its own length none is read.
    `total_sequence_length` is `into`'s own.
    """
    for name, value in feed.items():
        if value.ndim:
            into[name].fill(0)
            into[name][tuple(map(slice, value.shape))] = value
