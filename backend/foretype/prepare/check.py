"""The quality gate: bits per byte of a fixed text, compared with float32.

The text is read in one pass and token by token, since a single row uses another kernel than many rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tokenizers import Tokenizer

from foretype.models.manifest import GRAPH, Geometry
from foretype.prepare.gate import gate_text
from foretype.runtime.arena import lone_arena
from foretype.runtime.chunk import Chunk
from foretype.runtime.fused import FusedRuntime
from foretype.runtime.protocol import LogitsRuntime
from foretype.runtime.providers import CPU_ONLY
from foretype.runtime.session import session_options
from foretype.support.progress import ProgressStep

WORSE_AT_MOST = 1.01  # times the float32 bits per byte
LOGITS_APART_AT_MOST = 1e-3  # fused float32 against the export's

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


def tokens_of_gate(tokeniser: Tokenizer, begin_ids: Sequence[int], most: int) -> GateText:
    """The gate's text as the tokens of a model, at most `most` of them together with those that texts begin
    with.
    """
    text = gate_text()
    encoded = tokeniser.encode(text, add_special_tokens=False)
    kept = encoded.ids[: most - len(begin_ids)]
    end = encoded.offsets[len(kept) - 1][1]
    return GateText(np.array([*begin_ids, *kept], np.int64), len(begin_ids), len(text[:end].encode()))


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


class RuntimeReader:
    """A model in a runtime that serves it, with past and present in one buffer of `capacity` tokens."""

    def __init__(self, runtime: LogitsRuntime, capacity: int) -> None:
        self._runtime = runtime
        self._capacity = capacity
        self.restart()

    def restart(self) -> None:
        self._arena = lone_arena(self._runtime.new_pool(1, self._capacity))

    def read(self, ids: Ids) -> Logits:
        first = self._arena.length
        every = np.arange(len(ids), dtype=np.int64)
        return self._runtime.run(self._arena, Chunk(ids, first + every, None, every))


def open_reader(folder: Path, graph: str, geometry: Geometry, threads: int) -> Reader:
    """The reader of a folder's model. `graph` is “fused” or “plain”, as in the manifest."""
    if graph != "fused":
        return ExportReader(folder / GRAPH, geometry, threads)
    runtime = FusedRuntime(folder / GRAPH, geometry, threads=threads, providers=CPU_ONLY)
    return RuntimeReader(runtime, geometry.context_length)


def in_one_pass(reader: Reader, text: GateText) -> float:
    """Bits per byte of the text, read in one run from its beginning."""
    reader.restart()
    return text.bits_per_byte(reader.read(text.ids))


def token_by_token(reader: Reader, text: GateText, step: ProgressStep) -> float:
    """Bits per byte of the text, read in one run for each token. `step` gets the tokens read."""
    reader.restart()
    rows = []
    for index in range(len(text.ids)):
        rows.append(reader.read(text.ids[index : index + 1]))
        step.advance(index + 1, len(text.ids))
    return text.bits_per_byte(np.concatenate(rows))


def refusal(way: str, found: float, reference: float) -> str | None:
    """The reason why weights with `found` bits per byte are not good enough. None if they are.

    way: how the text was read. reference: the bits per byte of float32.
    """
    if found <= reference * WORSE_AT_MOST:  # false for NaN
        return None
    return f"{found:.4f} bits per byte {way}, float32 has {reference:.4f} ({found / reference - 1:+.1%})"
