"""What is measured, the same natively and in a browser, and the native figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from foretype.models.manifest import GRAPH, Geometry
from foretype.prepare.check import Ids, Logits
from foretype.runtime.arena import lone_arena
from foretype.runtime.chunk import Chunk
from foretype.runtime.fused import FusedRuntime
from foretype.runtime.providers import CPU_ONLY

FIRST = 64  # tokens of the run over the beginning of a text
PAST = 300  # tokens in the past of the other runs
NODES = 8  # tokens of a run over several nodes of a tree
WARM, STEPS, ROUNDS = 5, 24, 7


@dataclass(frozen=True, slots=True)
class Work:
    """The tokens of the runs: `first` at the beginning of a text; `long`, run after run, up to the past of
    the others; `nodes` after that. Their logits are compared for `first` and `nodes`.
    """

    first: Ids
    long: Sequence[Ids]
    nodes: Ids

    @classmethod
    def of(cls, ids: Ids) -> Work:
        """Of the first `PAST + NODES` of these tokens."""
        ends = [*range(2 * FIRST, PAST, FIRST), PAST]
        starts = range(FIRST, PAST, FIRST)
        long = [ids[start:end] for start, end in zip(starts, ends, strict=True)]
        return cls(ids[:FIRST], long, ids[PAST : PAST + NODES])


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of a run of one token and of `NODES` tokens after `PAST` others, and of the first `FIRST`.
    The logits of all tokens are computed in the first two, those of the last token in the third.
    """

    step: float
    nodes: float
    first: float


@dataclass(frozen=True, slots=True)
class Measured:
    """wall: the fastest of several runs, since other work on the machine only makes runs slower. processor:
    the processor time of a run of all threads, on average. logits: (FIRST + NODES, vocab) float32.
    """

    wall: Times
    processor: Times
    logits: Logits


def run_natively(folder: Path, geometry: Geometry, work: Work, threads: int) -> Measured:
    """The prepared graph in `folder`, run as the server runs it."""
    runtime = FusedRuntime(folder / GRAPH, geometry, threads=threads, providers=CPU_ONLY)
    arena = lone_arena(runtime.new_pool(1, geometry.context_length))

    def read(ids: Ids, after: int, *, every: bool = True) -> Logits:
        arena.length = after  # the slots of the run before are free again
        rows = np.arange(len(ids), dtype=np.int64)
        return runtime.run(arena, Chunk(ids, after + rows, None, rows if every else rows[-1:]))

    first = read(work.first, 0)
    for part in work.long:
        read(part, arena.length, every=False)
    past = arena.length
    nodes = read(work.nodes, past)
    step = work.nodes[:1]
    _measured(WARM, lambda: read(step, past))
    times = [
        _measured(STEPS, lambda: read(step, past)),
        _measured(ROUNDS, lambda: read(work.nodes, past)),
        _measured(ROUNDS, lambda: read(work.first, 0, every=False)),
    ]
    wall, processor = zip(*times, strict=True)
    return Measured(Times(*wall), Times(*processor), np.concatenate([first, nodes]))


def _measured(count: int, call: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of the fastest of so many calls, and of processor time for each on average."""
    taken = []
    before = time.process_time()
    for _ in range(count):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return 1000 * min(taken), 1000 * (time.process_time() - before) / count
