"""Measures a model alone, without the engine: the times of its runs, and bits per byte."""

from __future__ import annotations

import math
import statistics
import time

import numpy as np
from numpy.typing import NDArray

from foretype.compare.task import OnProgress
from foretype.compare.texts import QualityTexts
from foretype.engine.vocabulary import Vocabulary
from foretype.models.manifest import Manifest
from foretype.runtime.arena import Arena, lone_arena
from foretype.runtime.chunk import Chunk, Logits
from foretype.runtime.protocol import LogitsRuntime

PREFILL_TOKENS = 64
PREFILLS = 5
STEPS = 24
READ_AT_ONCE = 128  # tokens whose logits are in memory at the same time
WINDOW = (
    1024  # tokens; a longer text is cut into windows of this length, or of the model's context if shorter
)


class ModelReader:
    """Runs a model over texts with the server's runtime, without a tree."""

    def __init__(self, runtime: LogitsRuntime, manifest: Manifest, vocabulary: Vocabulary) -> None:
        self._runtime = runtime
        self._manifest = manifest
        self._vocabulary = vocabulary
        self._capacity = min(WINDOW, manifest.geometry.context_length)

    def times(self, ids: list[int]) -> tuple[float, float]:
        """Median milliseconds of the first `PREFILL_TOKENS` tokens, and of one more token after them. Each
        run returns the logits of its last token.
        """
        first = np.resize(np.array(ids, np.int64), min(PREFILL_TOKENS, self._capacity - STEPS))
        last = np.array([len(first) - 1])
        prefills = []
        for _ in range(PREFILLS + 1):
            arena = self._new_arena()
            prefills.append(self._timed(arena, first, last))
        tokens = np.resize(first, STEPS)
        steps = [self._timed(arena, token, np.array([0])) for token in np.split(tokens, STEPS)]
        return statistics.median(prefills[1:]), statistics.median(steps)  # the first one allocates memory

    def bits_per_byte(self, texts: QualityTexts, on_progress: OnProgress) -> tuple[int, float]:
        """The number of tokens that were predicted, each from all tokens before it in its window, and their
        bits per byte.
        """
        encoded = [self._vocabulary.encode(text) for text in texts.read]
        total = sum(map(len, encoded))
        nats, tokens, size = 0.0, 0, 0
        for ids in encoded:
            for window in self._windows(ids):
                given = max(1, len(self._manifest.begin_ids))
                nats += self._nats(window, given)
                tokens += len(window) - given
                size += len(self._vocabulary.text_of(window[given:]))
                on_progress("read", tokens, total)
        return tokens, nats / math.log(2) / max(1, size)

    def _windows(self, ids: list[int]) -> list[list[int]]:
        begin = list(self._manifest.begin_ids)
        size = self._capacity - len(begin)
        return [[*begin, *ids[start : start + size]] for start in range(0, len(ids), size)]

    def _nats(self, ids: list[int], given: int) -> float:
        """The cost of predicting all tokens but the first `given`, in nats."""
        arena = self._new_arena()
        wanted = np.array(ids[1:], np.int64)
        nats = 0.0
        for start in range(0, len(wanted), READ_AT_ONCE):
            part = np.array(ids[start : start + READ_AT_ONCE][: len(wanted) - start], np.int64)
            logits = self._run(arena, part, np.arange(len(part)))
            costs = _nats_per_token(logits, wanted[start : start + len(part)])
            nats += float(costs[max(0, given - 1 - start) :].sum())
        return nats

    def _timed(self, arena: Arena, ids: NDArray[np.int64], rows: NDArray[np.int64]) -> float:
        start = time.perf_counter()
        self._run(arena, ids, rows)
        return (time.perf_counter() - start) * 1000

    def _new_arena(self) -> Arena:
        return lone_arena(self._runtime.new_pool(1, self._capacity))

    def _run(self, arena: Arena, ids: NDArray[np.int64], rows: NDArray[np.int64]) -> Logits:
        positions = arena.length + np.arange(len(ids), dtype=np.int64)
        return self._runtime.run(arena, Chunk(ids, positions, None, rows))


def _nats_per_token(logits: Logits, wanted: NDArray[np.int64]) -> NDArray[np.float64]:
    """The cost of each wanted token, (n,), in nats, from its row of logits (n, vocab)."""
    rows = logits.astype(np.float64)
    peak = rows.max(axis=1)
    total = peak + np.log(np.exp(rows - peak[:, None]).sum(axis=1))
    costs: NDArray[np.float64] = total - rows[np.arange(len(wanted)), wanted]
    return costs
