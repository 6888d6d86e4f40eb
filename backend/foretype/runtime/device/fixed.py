"""Runs with few shapes over memory that does not move, as CUDA's recordings need them (CUDA graphs).

A recording holds addresses and sizes. So a run over one token of each of several texts covers an aligned span
of the pool's rows, whichever of them take part, and the slots of the longest text, rounded up. Its inputs are
written to memory that belongs to the run. ONNX Runtime records a run number (`gpu_graph_id`) when it first
runs, and replays the recording from then on. Without recordings the same runs are launched kernel by kernel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Lock
from typing import NamedTuple

import numpy as np
import onnxruntime as ort

from foretype.runtime.arena import IDLE, Pool
from foretype.runtime.chunk import MOST_TEXTS, Step
from foretype.runtime.feed import Feed, Float, padded
from foretype.runtime.fused import bind_past
from foretype.runtime.out_of_memory import OutOfMemoryError, recognised

# The attention reads every slot of the span, also in rows that take no part. A few typists have the pool's
# first rows, so a small span is enough for them.
SPANS = (4, 16, 32)
SHORTEST = 256  # the least number of slots of a run's longest text; larger shapes double it
RUN_NUMBER = "gpu_graph_id"
UNRECORDED = -1  # the number of runs that are not recorded


class Shape(NamedTuple):
    """span: rows of the pool (from, to). total: slots of the longest text, including its new token's."""

    span: tuple[int, int]
    total: int

    @property
    def texts(self) -> int:
        return min(self.span[1] - self.span[0], MOST_TEXTS)


def shape_of(steps: Sequence[Step], pool: Pool) -> Shape:
    """The smallest shape that fits a run over these steps."""
    rows = [step.arena.row for step in steps]
    span = next(span for span in _spans(min(rows), pool.rows) if span[1] > max(rows))
    needed = IDLE + 1 + max(step.arena.length for step in steps)
    return Shape(span, next(total for total in _totals(pool) if total >= needed or total == _slots(pool)))


def shapes(pool: Pool) -> Iterator[Shape]:
    """All shapes that begin with the first row, which is the first to be used."""
    for span in dict.fromkeys(_spans(0, pool.rows)):
        for total in _totals(pool):
            yield Shape(span, total)


def _spans(row: int, rows: int) -> Iterator[tuple[int, int]]:
    """The spans that begin at or before a row, the smallest first."""
    for size in SPANS:
        first = row // size * size
        yield first, min(first + size, rows)
    yield 0, rows


def _totals(pool: Pool) -> Iterator[int]:
    total = SHORTEST
    while total < _slots(pool):
        yield total
        total *= 2
    yield _slots(pool)


def _slots(pool: Pool) -> int:
    return pool.row_shape[1]


class FixedRun:
    """One token of each of several texts, in one shape."""

    def __init__(
        self,
        session: ort.InferenceSession,
        pool: Pool,
        shape: Shape,
        dtype: Float,
        logits: ort.OrtValue,
        lock: Lock,
        number: int | None,
    ) -> None:
        """`number` is the recording's number for the whole life of the session; None: the run is not
        recorded. `lock` is held while it is recorded, since no other thread may call CUDA then.
        """
        self._session = session
        self._shape = shape
        self._lock = lock
        self._unrecorded = run_options(UNRECORDED)
        self._options = self._unrecorded if number is None else run_options(number)
        self._is_made = number is None
        self._host = _inputs(shape, dtype)
        self._binding = session.io_binding()
        self._there: dict[str, ort.OrtValue] = {}
        for name, value in self._host.items():
            # The attention's host code reads this one; kernels on the device read the others.
            where = ("cpu", 0) if name == "total_sequence_length" else pool.device
            there = ort.OrtValue.ortvalue_from_shape_and_type(value.shape, value.dtype.type, *where)
            there.update_inplace(value)
            self._binding.bind_ortvalue_input(name, there)
            self._there[name] = there
        bind_past(self._binding, pool, shape.span)
        out = (1, shape.texts, logits.shape()[-1])
        self._binding.bind_output("logits", *pool.device, np.float32, out, logits.data_ptr())

    def run(self, feed: Feed) -> None:
        """The logits of the asked rows come first in the output. Raises ONNX Runtime's own errors."""
        self._write(feed)
        if self._is_made:
            self._session.run_with_iobinding(self._binding, self._options)
        else:
            self._record()

    def run_unrecorded(self, feed: Feed) -> None:
        """The same run, kernel by kernel. Raises ONNX Runtime's own errors."""
        self._write(feed)
        self._session.run_with_iobinding(self._binding, self._unrecorded)

    def _record(self) -> None:
        """If recording fails, this run is not recorded from now on. Running again does no harm: the same keys
        and values are written to the same slots.
        """
        self._is_made = True
        try:
            with self._lock:
                self._session.run_with_iobinding(self._binding, self._options)
        except Exception as error:
            self._options = self._unrecorded
            if isinstance(recognised(error), OutOfMemoryError):
                raise
            self._session.run_with_iobinding(self._binding, self._options)

    def _write(self, feed: Feed) -> None:
        padded(feed, self._host)
        for name, value in self._host.items():
            if name != "total_sequence_length":
                self._there[name].update_inplace(value)


def _inputs(shape: Shape, dtype: Float) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
    """Zeros in the shape of each input, except for the one that the shape determines."""
    rows, texts = shape.span[1] - shape.span[0], shape.texts
    return {
        "input_ids": np.zeros((texts, 1), np.int64),
        "position_ids": np.zeros((texts, 1), np.int64),
        "seqlens_k": np.zeros(rows, np.int32),
        "total_sequence_length": np.array(shape.total, np.int32),
        "attention_bias": np.zeros((rows, 1, 1, shape.total), dtype),
        "rows": np.zeros(texts, np.int64),
        "spread": np.zeros(rows, np.int64),
        "gathered": np.zeros(texts, np.int64),
    }


def run_options(number: int) -> ort.RunOptions:
    options = ort.RunOptions()
    options.add_run_config_entry(RUN_NUMBER, str(number))
    return options
