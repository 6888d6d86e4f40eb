"""Whether a model computes the same on a device as on the CPU. For a process of its own (`own_process`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from foretype.engine.vocabulary import Vocabulary
from foretype.runtime.arena import lone_arena
from foretype.runtime.chunk import Chunk, Ids, Logits
from foretype.runtime.distribution import Distribution
from foretype.runtime.protocol import Runtime
from foretype.support.execution_provider import Provider
from latency.gpu.model_on_device import ModelOnDevice, as_served, text_chunk
from latency.parity import MAX_LOGITS_DIFFERENCE, LogitsDifference, differences

MAX_FLOAT16_DIFFERENCE = 0.05  # of the largest logit: the difference that tests/prepare/test_half.py allows
TOPS_AT_ONCE = 16  # tokens in one run when the tops of distributions are compared


@dataclass(frozen=True, slots=True)
class LimitedDifference:
    """`at_most` is None for weights of few bits: their kernels differ with the number of rows in a run."""

    difference: LogitsDifference
    at_most: float | None

    @property
    def kept(self) -> bool:
        return self.at_most is None or self.difference.largest < self.at_most


class CpuReference:
    """The same weights on the CPU, in one pass. Preparing the model compared them with float32."""

    def __init__(self, model: ModelOnDevice) -> None:
        self._runtime = ModelOnDevice(model.folder, Provider.CPU, model.threads).open()
        self.largest = 0.0

    def logits(self, ids: Ids) -> Logits:
        """(n, vocab): one row for each id."""
        arena = lone_arena(self._runtime.new_pool(1, len(ids)))
        found = self._runtime.run(arena, text_chunk(ids, rows=np.arange(len(ids))))
        self.largest = max(self.largest, float(np.abs(found).max()))
        return found


def parity(model: ModelOnDevice, positions: int) -> Iterator[LimitedDifference]:
    """Runs the gate's text on the device in each way of `latency.parity`, and compares with the CPU. If the
    device computes the tops of distributions, these are compared too.
    """
    reference, runtime, weights = CpuReference(model), model.open(), model.weights
    ids = model.gate_ids(min(positions, model.context_length))
    compared = differences(reference, runtime, ids)
    vocabulary = model.vocabulary()
    served = as_served(runtime, vocabulary)
    if served.own_bytes:  # only a device computes the tops itself
        compared = chain(compared, [_tops(reference, served, ids, vocabulary)])
    for difference in compared:
        limits = {"float32": MAX_LOGITS_DIFFERENCE, "float16": MAX_FLOAT16_DIFFERENCE * reference.largest}
        yield LimitedDifference(difference, limits.get(weights))


def _tops(reference: CpuReference, runtime: Runtime, ids: Ids, vocabulary: Vocabulary) -> LogitsDifference:
    """Compares the log-probabilities of the most probable tokens at each position."""
    parts = np.array_split(ids, range(TOPS_AT_ONCE, len(ids), TOPS_AT_ONCE))
    arena = lone_arena(runtime.new_pool(1, len(ids)))
    ours, theirs = [], []
    rows = iter(reference.logits(ids))
    for part in parts:
        every = np.arange(len(part))
        for found in runtime.run(arena, Chunk(part, arena.length + every, None, every)):
            ours.append(found.top.log_probs)
            theirs.append(Distribution.of(next(rows), vocabulary.ranks).log_probs[found.top.ranks])
    return LogitsDifference.between("the tops of the distributions", np.array(ours), np.array(theirs))
