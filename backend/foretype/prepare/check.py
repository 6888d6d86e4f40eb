"""The quality gate: bits per byte of a fixed text, compared with Optimum's float32 export.

The text is read in one pass and token by token, since a single row uses another kernel than many rows. The
time of a step and of a first pass on this machine is measured, too.
"""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from foretype.models.manifest import GRAPH, Geometry
from foretype.runtime.arena import lone_arena
from foretype.runtime.chunk import Chunk
from foretype.runtime.fused import FusedRuntime
from foretype.runtime.session import session_options
from foretype.support.progress import ProgressStep

WORSE_AT_MOST = 1.01  # times the float32 bits per byte
LOGITS_APART_AT_MOST = 1e-3  # fused float32 against the export's
PREFILL_TOKENS = 64
TIMED_PREFILLS = 5
TIMED_STEPS = 24

Ids = NDArray[np.int64]
Logits = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class GateText:
    """Token ids that begin with the begin tokens, and the number of bytes of the others."""

    ids: Ids
    begin: int
    bytes: int

    def bits_per_byte(self, logits: Logits) -> float:
        """`logits` (n, vocab), one row for each id. The begin tokens are given, not predicted."""
        rows = logits[self.begin - 1 : -1].astype(np.float64)
        wanted = self.ids[self.begin :]
        peak = rows.max(axis=1)
        total = peak + np.log(np.exp(rows - peak[:, None]).sum(axis=1))
        nats = float((total - rows[np.arange(len(wanted)), wanted]).sum())
        return nats / math.log(2) / self.bytes


class Reader(Protocol):
    """A model that reads one text from its beginning."""

    def restart(self) -> None: ...

    def read(self, ids: Ids) -> Logits:
        """Append `ids` and return their logits (n, vocab)."""


class ExportReader:
    """Optimum's graph, whose past key values are separate arrays for input and output.

    ONNX Runtime's optimisations take long for its thousands of nodes and gain little. They are worth their
    time only if the speed of this graph is measured (`optimised`), not if it is read as a reference.
    """

    def __init__(self, graph: Path, geometry: Geometry, threads: int, *, optimised: bool = False) -> None:
        options = session_options(threads)
        if not optimised:
            options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
        self._session = ort.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        self._takes = {value.name for value in self._session.get_inputs()}
        self._past_names = sorted(name for name in self._takes if name.startswith("past_key_values."))
        self._empty = np.zeros((1, geometry.kv_heads, 0, geometry.head_dim), np.float32)
        self.restart()

    def restart(self) -> None:
        self._past = dict.fromkeys(self._past_names, self._empty)

    def read(self, ids: Ids) -> Logits:
        past = self._past[self._past_names[0]].shape[2]
        feed: dict[str, Any] = {
            "input_ids": ids[None],
            "attention_mask": np.ones((1, past + len(ids)), np.int64),
            "position_ids": np.arange(past, past + len(ids))[None],
            **self._past,
        }
        wanted = ["logits", *(name.replace("past_key_values", "present") for name in self._past_names)]
        logits, *present = self._session.run(
            wanted, {name: value for name, value in feed.items() if name in self._takes}
        )
        self._past = dict(zip(self._past_names, present, strict=True))
        found: Logits = logits[0]
        return found


class FusedReader:
    """The fused graph in the runtime that serves it, with past and present in one buffer."""

    def __init__(self, graph: Path, geometry: Geometry, threads: int) -> None:
        self._runtime = FusedRuntime(graph, geometry, threads=threads, providers=["CPUExecutionProvider"])
        self._capacity = geometry.context_length
        self.restart()

    def restart(self) -> None:
        self._arena = lone_arena(self._runtime.new_pool(1, self._capacity))

    def read(self, ids: Ids) -> Logits:
        first = self._arena.length
        every = np.arange(len(ids), dtype=np.int64)
        return self._runtime.run(self._arena, Chunk(ids, first + every, None, every))


def open_reader(folder: Path, graph: str, geometry: Geometry, threads: int) -> Reader:
    """The reader of a folder's model. `graph` is “fused” or “plain”, as in the manifest."""
    kind = FusedReader if graph == "fused" else ExportReader
    return kind(folder / GRAPH, geometry, threads)


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of one candidate: the manifest's `Figures` without the reference."""

    bits_per_byte: float
    bits_per_byte_stepwise: float
    step_ms: float
    prefill_ms: float

    def refusal(self, reference: float) -> str | None:
        """The reason why the candidate is not good enough, with figures. None if it is good enough."""
        for way, found in (
            ("in one pass", self.bits_per_byte),
            ("token by token", self.bits_per_byte_stepwise),
        ):
            if not found <= reference * WORSE_AT_MOST:  # written so that NaN is refused
                worse = found / reference - 1
                return f"{found:.4f} bits per byte {way}, float32 has {reference:.4f} ({worse:+.1%})"
        return None


def measure(reader: Reader, text: GateText, step: ProgressStep) -> Measured:
    """Read the text in one pass and token by token, then measure times. `step` gets the tokens read."""
    total = 2 * len(text.ids)
    one_pass = text.bits_per_byte(reader.read(text.ids))
    step.advance(len(text.ids), total)
    reader.restart()
    rows = []
    for index in range(len(text.ids)):
        rows.append(reader.read(text.ids[index : index + 1]))
        step.advance(len(text.ids) + index + 1, total)
    stepwise = text.bits_per_byte(np.concatenate(rows))
    prefill_ms, step_ms = _times(reader, text.ids)
    return Measured(one_pass, stepwise, step_ms, prefill_ms)


def _times(reader: Reader, ids: Ids) -> tuple[float, float]:
    """Median milliseconds of a first pass over 64 tokens, and of one token after them."""
    prefills = []
    first = np.resize(ids, PREFILL_TOKENS)
    for _ in range(TIMED_PREFILLS):
        reader.restart()
        prefills.append(_milliseconds(reader, first))
    steps = [_milliseconds(reader, first[index : index + 1]) for index in range(TIMED_STEPS)]
    return statistics.median(prefills), statistics.median(steps)


def _milliseconds(reader: Reader, ids: Ids) -> float:
    start = time.perf_counter()
    reader.read(ids)
    return (time.perf_counter() - start) * 1000
