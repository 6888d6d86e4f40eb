"""The times of runs of a model on a device. For a process of its own (`own_process`)."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from foretype.engine.memory import POOL_ROWS
from foretype.engine.tree.draft import TreeLimits
from foretype.runtime.arena import free_arenas, lone_arena
from foretype.runtime.chunk import Chunk, Ids, Step
from foretype.runtime.protocol import Runtime
from foretype.support.wording import first_line
from latency.gpu.model_on_device import ModelOnDevice, as_served, text_chunk

ROWS = (1, 8, 64, 256)
IN_TEXTS, IN_ONE_TEXT = "of as many texts", "in one text"
# Compared with a run that CUDA recorded.
UNRECORDED, RECORDED_ROWS = "of as many texts, without CUDA graphs", 8
ENOUGH_MS = 2000  # for one kind of run: on a slow device, fewer runs are timed
SERVED_SLOTS = TreeLimits().arena_tokens
NO_ROWS: Ids = np.array([], np.int64)


@dataclass(frozen=True, slots=True)
class RunTime:
    """The median time of a run with `rows` tokens in milliseconds. If it is None, `note` says why."""

    way: str
    rows: int
    ms: float | None
    note: str | None = None


def run_times(
    model: ModelOnDevice, first: int, turns: int, numbers: Sequence[int] = ROWS
) -> Iterator[RunTime]:
    """Times runs with each of these numbers of tokens: one token each of that many texts, and all in one
    text, as in a tree. The texts have `first` tokens. The first run of each kind does not count, because a
    GPU chooses its kernels in it.
    """
    vocabulary = model.vocabulary()
    runtime = as_served(model.open(), vocabulary)
    context = model.context_length
    ids = model.gate_ids(first + 1)
    for rows in numbers:
        yield _timed(IN_TEXTS, rows, lambda n: _run_of_texts(runtime, ids, n, context), turns)
        if first + rows > context:
            yield RunTime(IN_ONE_TEXT, rows, None, f"longer than the model's context of {context} tokens")
        else:
            yield _timed(IN_ONE_TEXT, rows, lambda n: _run_of_tree(runtime, ids, n), turns)
    if runtime.own_bytes:  # a device, on which CUDA may record runs
        del runtime
        unrecorded = as_served(model.open(records=False), vocabulary)
        yield _timed(UNRECORDED, RECORDED_ROWS, lambda n: _run_of_texts(unrecorded, ids, n, context), turns)


def _timed(way: str, rows: int, prepare: Callable[[int], Callable[[], object]], turns: int) -> RunTime:
    try:
        run = prepare(rows)
        run()
        taken: list[float] = []
        while len(taken) < turns and sum(taken) < ENOUGH_MS:
            start = time.perf_counter()
            run()
            taken.append((time.perf_counter() - start) * 1000)
    except Exception as error:  # an error of ONNX Runtime: if this run is too large, others may still work
        return RunTime(way, rows, None, first_line(error))
    return RunTime(way, rows, statistics.median(taken))


def _run_of_texts(runtime: Runtime, ids: Ids, count: int, context: int) -> Callable[[], object]:
    """A run with one more token of each of `count` texts. It can be repeated."""
    first = len(ids) - 1
    if count <= POOL_ROWS:  # a pool as the server's, which never puts more texts into one run
        pool = runtime.new_pool(POOL_ROWS, min(SERVED_SLOTS, context))
    else:
        pool = runtime.new_pool(count, len(ids))
    arenas = free_arenas(pool)[:count]
    runtime.run(arenas[0], text_chunk(ids[:first], rows=NO_ROWS))
    for other in arenas[1:]:
        other.adopt(arenas[0], first)
    chunk = Chunk(ids[first:], np.array([first]), None, np.array([0]))

    def run() -> object:
        for arena in arenas:
            arena.length = first  # the token of the last run is overwritten
        return runtime.run_together([Step(arena, chunk) for arena in arenas])

    return run


def _run_of_tree(runtime: Runtime, ids: Ids, count: int) -> Callable[[], object]:
    """A run with `count` continuations of one text, none of which sees another. It can be repeated."""
    first = len(ids) - 1
    arena = lone_arena(runtime.new_pool(1, first + count))
    runtime.run(arena, text_chunk(ids[:first], rows=NO_ROWS))
    visible = np.concatenate([np.ones((count, first), np.bool_), np.eye(count, dtype=np.bool_)], axis=1)
    nodes = Chunk(np.resize(ids, count), np.full(count, first), visible, np.arange(count))

    def run() -> object:
        arena.length = first
        return runtime.run(arena, nodes)

    return run
