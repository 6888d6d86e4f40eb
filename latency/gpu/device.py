"""The model itself on a device, without a server: whether it computes the same as on the CPU, and how long a
run takes. Each function is for a process of its own (`apart`).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from foretype.engine.local import TREES_BYTES
from foretype.engine.memory import POOL_ROWS
from foretype.engine.tree.draft import TreeLimits
from foretype.engine.vocabulary import Vocabulary
from foretype.models.prepared import load_prepared
from foretype.prepare.gate import gate_text
from foretype.runtime.arena import free_arenas, lone_arena
from foretype.runtime.chunk import Chunk, Ids, Logits, Step
from foretype.runtime.distribution import Distribution
from foretype.runtime.open import open_runtime
from foretype.runtime.protocol import LogitsRuntime, Runtime
from foretype.support.provider import Provider
from latency.gpu.apart import first_line
from latency.parity import LOGITS_APART_AT_MOST, Apart, compare

ROWS = (1, 8, 64, 256)
HALF_APART_AT_MOST = 0.05  # of the largest logit: what float16 costs in tests/models/test_half.py
ENOUGH_MS = 2000  # of one kind of run: a slow device makes fewer of them
SERVED_SLOTS = TreeLimits().arena_tokens
AT_ONCE = 16  # rows whose tops are taken together
UNRECORDED, RECORDED_ROWS = "of as many texts, kernel by kernel", 8  # beside which CUDA's recordings are held
NOBODY: Ids = np.array([], np.int64)


@dataclass(frozen=True, slots=True)
class Device:
    """A prepared model and where it runs."""

    folder: Path
    provider: Provider
    threads: int

    def open(self, *, records: bool = True) -> LogitsRuntime:
        """Raises what `open_runtime` raises."""
        return open_runtime(self.folder, threads=self.threads, provider=self.provider, records=records)

    def vocabulary(self) -> Vocabulary:
        prepared = load_prepared(self.folder)
        return Vocabulary.load(self.folder, prepared.manifest.geometry.vocab_size)


@dataclass(frozen=True, slots=True)
class Parity:
    """`at_most` None: the weights are of few bits, whose kernels differ by how many rows a run has."""

    apart: Apart
    at_most: float | None

    @property
    def kept(self) -> bool:
        return self.at_most is None or self.apart.largest < self.at_most


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the model over `rows` tokens: the median in milliseconds, or why there is none."""

    way: str
    rows: int
    ms: float | None
    note: str | None = None


class OnCpu:
    """The reference: the same weights on the CPU, in one pass, which the gate held against float32 when the
    model was prepared.
    """

    def __init__(self, device: Device) -> None:
        self._runtime = Device(device.folder, Provider.CPU, device.threads).open()
        self.largest = 0.0

    def logits(self, ids: Ids) -> Logits:
        """(n, vocab), one row for each id."""
        found = self._runtime.run(
            lone_arena(self._runtime.new_pool(1, len(ids))), _text(ids, rows=np.arange(len(ids)))
        )
        self.largest = max(self.largest, float(np.abs(found).max()))
        return found


def parity(device: Device, positions: int) -> Iterator[Parity]:
    """Each way of `latency.parity` through the gate's text, on the device against the CPU, and the tops that
    are taken there.
    """
    prepared = load_prepared(device.folder)
    reference, runtime = OnCpu(device), device.open()
    ids = _ids(device, min(positions, prepared.manifest.geometry.context_length))
    compared = compare(reference, runtime, ids)
    vocabulary = device.vocabulary()
    served = as_served(runtime, vocabulary)
    if served.own_bytes:  # only on a device does the top of each distribution come by a way of its own
        compared = chain(compared, [_tops(reference, served, ids, vocabulary)])
    for apart in compared:
        limits = {"float32": LOGITS_APART_AT_MOST, "float16": HALF_APART_AT_MOST * reference.largest}
        yield Parity(apart, limits.get(prepared.manifest.weights))


def as_served(runtime: LogitsRuntime, vocabulary: Vocabulary) -> Runtime:
    """What the server runs: on a device only the top of a distribution comes back."""
    return runtime.with_distributions(vocabulary.ranks, TREES_BYTES)


def _tops(reference: OnCpu, runtime: Runtime, ids: Ids, vocabulary: Vocabulary) -> Apart:
    """The log-probabilities of each position's likeliest tokens, as they come back."""
    parts = np.array_split(ids, range(AT_ONCE, len(ids), AT_ONCE))
    arena = lone_arena(runtime.new_pool(1, len(ids)))
    ours, theirs = [], []
    rows = iter(reference.logits(ids))
    for part in parts:
        every = np.arange(len(part))
        for found in runtime.run(arena, Chunk(part, arena.length + every, None, every)):
            ours.append(found.top.log_probs)
            theirs.append(Distribution.of(next(rows), vocabulary.ranks).log_probs[found.top.ranks])
    return Apart.between("the tops of the distributions", np.array(ours), np.array(theirs))


def steps(device: Device, first: int, turns: int) -> Iterator[Run]:
    """Runs over `ROWS` tokens, one of each of so many texts of `first` tokens, and all in one text, as a tree
    has them. The first of each is not counted: a GPU chooses its kernels then.
    """
    vocabulary = device.vocabulary()
    runtime = as_served(device.open(), vocabulary)
    context = load_prepared(device.folder).manifest.geometry.context_length
    ids = _ids(device, first + 1)
    for rows in ROWS:
        yield _timed("of as many texts", rows, lambda n: _texts(runtime, ids, n, context), turns)
        if first + rows > context:
            yield Run("in one text", rows, None, f"beyond the model's {context} tokens")
        else:
            yield _timed("in one text", rows, lambda n: _tree(runtime, ids, n), turns)
    if runtime.own_bytes:  # a device, on which CUDA may record runs
        del runtime
        unrecorded = as_served(device.open(records=False), vocabulary)
        yield _timed(UNRECORDED, RECORDED_ROWS, lambda n: _texts(unrecorded, ids, n, context), turns)


def _timed(way: str, rows: int, prepare: Callable[[int], Callable[[], object]], turns: int) -> Run:
    try:
        run = prepare(rows)
        run()
        taken: list[float] = []
        while len(taken) < turns and sum(taken) < ENOUGH_MS:
            start = time.perf_counter()
            run()
            taken.append((time.perf_counter() - start) * 1000)
    except Exception as error:  # ONNX Runtime's own: one size too large leaves the others
        return Run(way, rows, None, first_line(error))
    return Run(way, rows, statistics.median(taken))


def _texts(runtime: Runtime, ids: Ids, count: int, context: int) -> Callable[[], object]:
    """A run over one more token of each of `count` texts, again and again the same."""
    first = len(ids) - 1
    if count <= POOL_ROWS:  # as the server has them; more are not run together there
        pool = runtime.new_pool(POOL_ROWS, min(SERVED_SLOTS, context))
    else:
        pool = runtime.new_pool(count, len(ids))
    arenas = free_arenas(pool)[:count]
    runtime.run(arenas[0], _text(ids[:first], rows=NOBODY))
    for other in arenas[1:]:
        other.adopt(arenas[0])
    chunk = Chunk(ids[first:], np.array([first]), None, np.array([0]))

    def run() -> object:
        for arena in arenas:
            arena.length = first  # the token of the last run is written over
        return runtime.run_together([Step(arena, chunk) for arena in arenas])

    return run


def _tree(runtime: Runtime, ids: Ids, count: int) -> Callable[[], object]:
    """A run over `count` ways in which one text may go on, none of which sees another."""
    first = len(ids) - 1
    arena = lone_arena(runtime.new_pool(1, first + count))
    runtime.run(arena, _text(ids[:first], rows=NOBODY))
    visible = np.concatenate([np.ones((count, first), np.bool_), np.eye(count, dtype=np.bool_)], axis=1)
    nodes = Chunk(np.resize(ids, count), np.full(count, first), visible, np.arange(count))

    def run() -> object:
        arena.length = first
        return runtime.run(arena, nodes)

    return run


def _text(ids: Ids, *, rows: Ids) -> Chunk:
    return Chunk(ids, np.arange(len(ids)), None, rows)


def _ids(device: Device, count: int) -> Ids:
    """So many tokens of the gate's text, from its beginning again where it is too short."""
    from tokenizers import Tokenizer

    text = gate_text()
    tokeniser = Tokenizer.from_file(str(load_prepared(device.folder).tokenizer))
    return np.resize(np.array(tokeniser.encode(text, add_special_tokens=False).ids, np.int64), count)
