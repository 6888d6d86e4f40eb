"""Whether an execution provider computes a model's attention, in each form in which ONNX can express it.

If a provider leaves `GroupQueryAttention` to the CPU, would it take the same attention as ONNX's own
`Attention`, or as plain products? Each form is one layer with the default model's sizes, a step over a past,
and the same numbers. The provider and the CPU run it in turns in one process.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from foretype.runtime.providers import CPU_ONLY, Providers, Surroundings, choose_provider, with_options
from foretype.runtime.session import open_session, placed
from foretype.support.execution_provider import Provider

HEADS, KV_HEADS, HEAD_DIM = 9, 3, 64  # of SmolLM2
PAST, NEW = 64, 1  # tokens
NOTE_CHARS = 200
TOTAL = PAST + NEW
SERVED, STANDARD, PLAIN = "GroupQueryAttention, as served", "Attention (opset 23)", "MatMul and Softmax"

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class FormResult:
    """nodes: of the form's graph; taken: those that the provider computes. apart: the largest difference from
    the CPU's result. ms, cpu_ms: medians of a run. They are None if the form fails there; `note` says why.
    """

    form: str
    nodes: int = 0
    taken: int = 0
    apart: float | None = None
    ms: float | None = None
    cpu_ms: float | None = None
    note: str = ""


def inputs() -> Arrays:
    """The numbers of a step: float32, each form takes those that it needs."""
    random = np.random.default_rng(0)

    def some(*shape: int) -> NDArray[np.float32]:
        return random.standard_normal(shape).astype(np.float32)

    bias = np.zeros((1, 1, NEW, TOTAL), np.float32)
    bias[..., ::5] = -10_000.0  # slots that the token must not see, as in a tree
    return {
        "query": some(1, NEW, HEADS * HEAD_DIM),
        "key": some(1, NEW, KV_HEADS * HEAD_DIM),
        "value": some(1, NEW, KV_HEADS * HEAD_DIM),
        "past_key": some(1, KV_HEADS, PAST, HEAD_DIM),
        "past_value": some(1, KV_HEADS, PAST, HEAD_DIM),
        "bias": bias,
    }


def served() -> bytes:
    node = helper.make_node(
        "GroupQueryAttention",
        ["query", "key", "value", "past_key", "past_value", "lengths", "total", "", "", "", "bias"],
        ["out", "present_key", "present_value"],
        domain="com.microsoft",
        num_heads=HEADS,
        kv_num_heads=KV_HEADS,
    )
    numbers = {"lengths": np.array([TOTAL - 1], np.int32), "total": np.array(TOTAL, np.int32)}
    return _graph([node], numbers, opset=18)


def standard() -> bytes:
    node = helper.make_node(
        "Attention",
        ["query", "key", "value", "bias", "past_key", "past_value"],
        ["out", "present_key", "present_value"],
        q_num_heads=HEADS,
        kv_num_heads=KV_HEADS,
    )
    return _graph([node], {}, opset=23)


def plain() -> bytes:
    node = helper.make_node
    numbers: Arrays = {
        "scale": np.array(HEAD_DIM**-0.5, np.float32),
        "as_heads": np.array([1, NEW, HEADS, HEAD_DIM]),
        "as_kv_heads": np.array([1, NEW, KV_HEADS, HEAD_DIM]),
        "apart": np.array([1, KV_HEADS, 1, TOTAL, HEAD_DIM]),
        "repeated": np.array([1, KV_HEADS, HEADS // KV_HEADS, TOTAL, HEAD_DIM]),
        "all_heads": np.array([1, HEADS, TOTAL, HEAD_DIM]),
        "flat": np.array([1, NEW, HEADS * HEAD_DIM]),
    }
    nodes = [
        node("Reshape", ["query", "as_heads"], ["q4"]),
        node("Transpose", ["q4"], ["q"], perm=[0, 2, 1, 3]),
        node("Mul", ["q", "scale"], ["scaled"]),
    ]
    for name in ("key", "value"):
        nodes += [
            node("Reshape", [name, "as_kv_heads"], [f"{name}4"]),
            node("Transpose", [f"{name}4"], [f"new_{name}"], perm=[0, 2, 1, 3]),
            node("Concat", [f"past_{name}", f"new_{name}"], [f"present_{name}"], axis=2),
            node("Reshape", [f"present_{name}", "apart"], [f"{name}5"]),
            node("Expand", [f"{name}5", "repeated"], [f"{name}s"]),
            node("Reshape", [f"{name}s", "all_heads"], [f"all_{name}s"]),
        ]
    nodes += [
        node("Transpose", ["all_keys"], ["columns"], perm=[0, 1, 3, 2]),
        node("MatMul", ["scaled", "columns"], ["products"]),
        node("Add", ["products", "bias"], ["scores"]),
        node("Softmax", ["scores"], ["shares"], axis=-1),
        node("MatMul", ["shares", "all_values"], ["mixed"]),
        node("Transpose", ["mixed"], ["mixed4"], perm=[0, 2, 1, 3]),
        node("Reshape", ["mixed4", "flat"], ["out"]),
    ]
    return _graph(nodes, numbers, opset=18)


FORMS: dict[str, Callable[[], bytes]] = {SERVED: served, STANDARD: standard, PLAIN: plain}


def _graph(nodes: list[Any], numbers: Arrays, opset: int) -> bytes:
    """The content of a graph whose inputs are `inputs`, and whose outputs are “out” and the new past."""
    value = helper.make_tensor_value_info
    after = [1, KV_HEADS, TOTAL, HEAD_DIM]
    graph = helper.make_graph(
        nodes,
        "attention",
        [value(name, TensorProto.FLOAT, array.shape) for name, array in inputs().items()],
        [
            value("out", TensorProto.FLOAT, [1, NEW, HEADS * HEAD_DIM]),
            value("present_key", TensorProto.FLOAT, after),
            value("present_value", TensorProto.FLOAT, after),
        ],
        [numpy_helper.from_array(array, name) for name, array in numbers.items()],
    )
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
    content: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()
    return content


def try_forms(provider: Provider, threads: int, turns: int) -> Iterator[FormResult]:
    """For a process of its own (`own_process`). Raises ProviderMissingError."""
    there = Surroundings.here(provider)
    providers = with_options(choose_provider(provider, there, half=True), Path(), there)
    for form, make in FORMS.items():
        try:
            yield _tried(form, make(), providers, threads, turns)
        except Exception as error:  # ONNX Runtime's own, if the provider cannot run this form
            # What comes before the end names places in the library's sources.
            yield FormResult(form, note=str(error).strip().splitlines()[-1][-NOTE_CHARS:])


def _tried(form: str, graph: bytes, providers: Providers, threads: int, turns: int) -> FormResult:
    session = open_session(graph, threads, providers, places=True)
    nodes = placed(session)
    name = session.get_providers()[0]
    readers = [_Reader(session), _Reader(open_session(graph, threads, CPU_ONLY))]
    found, expected = (reader.run() for reader in readers)
    times: list[list[float]] = [[], []]
    for _ in range(turns):
        for reader, taken in zip(readers, times, strict=True):
            start = time.perf_counter()
            reader.run()
            taken.append((time.perf_counter() - start) * 1000)
    return FormResult(
        form,
        nodes=sum(sum(one.values()) for one in nodes.values()),
        taken=sum(nodes[name].values()) if name in nodes else 0,
        apart=max(float(np.abs(a - b).max()) for a, b in zip(found, expected, strict=True)),
        ms=statistics.median(times[0]),
        cpu_ms=statistics.median(times[1]),
    )


class _Reader:
    def __init__(self, session: ort.InferenceSession) -> None:
        self._session = session
        wanted = {one.name for one in session.get_inputs()}
        self._feed = {name: array for name, array in inputs().items() if name in wanted}

    def run(self) -> list[NDArray[np.float32]]:
        outputs: list[NDArray[np.float32]] = self._session.run(None, self._feed)
        return outputs
