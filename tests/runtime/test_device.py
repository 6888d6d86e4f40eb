"""The runtime over a session that computes elsewhere, as far as that can be had without a GPU: what is bound
is copied when it is bound, and memory may run out.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, RuntimeException

from foretype.models.manifest import Geometry
from foretype.providers import CPU_ONLY, NAMES, Provider
from foretype.runtime.arena import IDLE, Arena, lone_arena
from foretype.runtime.chunk import Chunk, Step
from foretype.runtime.fused import FusedRuntime
from foretype.runtime.host_pool import HostPool
from foretype.runtime.memory import OutOfMemoryError
from foretype.runtime.thread import ModelThread

GEOMETRY = Geometry(layers=1, kv_heads=1, head_dim=1, vocab_size=1, context_length=8)
CAPACITY = 7
SLOTS = IDLE + CAPACITY
WORDS = {
    RuntimeException: "bfc_arena.cc:376 Failed to allocate memory for requested buffer of size 9",
    Fail: "CUDA failure 2: out of memory ; GPU=0",
}


class CopyingBinding:
    """As ONNX Runtime's `IOBinding::BindInput` does it where the input's reader is on another device."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self._copies: dict[str, np.ndarray[Any, Any]] = {}

    def bind_input(
        self, name: str, device: str, number: int, kind: Any, shape: tuple[int, ...], at: int
    ) -> None:
        there = (ctypes.c_char * (int(np.prod(shape)) * np.dtype(kind).itemsize)).from_address(at)
        self._copies[name] = np.frombuffer(there, kind).reshape(shape).copy()
        self.real.bind_input(name, device, number, kind, shape, self._copies[name].ctypes.data)

    def bind_output(self, *where: Any) -> None:
        self.real.bind_output(*where)


class FarSession:
    """A CPU session that says and does what one on CUDA would."""

    real = ort.InferenceSession

    def __init__(self, graph: str, *_: Any, **__: Any) -> None:
        self._session = self.real(graph, providers=CPU_ONLY)
        self.raises: Exception | None = None

    def get_providers(self) -> list[str]:
        return [NAMES[Provider.CUDA], NAMES[Provider.CPU]]

    def get_inputs(self) -> Any:
        return self._session.get_inputs()

    def io_binding(self) -> CopyingBinding:
        return CopyingBinding(self._session.io_binding())

    def run_with_iobinding(self, binding: CopyingBinding) -> None:
        if self.raises is not None:
            raise self.raises
        self._session.run_with_iobinding(binding.real)


def counting_graph(folder: Path) -> Path:
    """A graph with the fused graph's names whose logit is the sum of its keys after it added 1 to each."""
    past = ["batch", 1, SLOTS, 1]
    inputs = {
        "input_ids": (TensorProto.INT64, ["b", "s"]),
        "position_ids": (TensorProto.INT64, ["b", "s"]),
        "seqlens_k": (TensorProto.INT32, ["b"]),
        "total_sequence_length": (TensorProto.INT32, []),
        "attention_bias": (TensorProto.FLOAT, ["b", 1, "s", "t"]),
        "rows": (TensorProto.INT64, ["k"]),
        "spread": (TensorProto.INT64, ["b"]),
        "gathered": (TensorProto.INT64, ["b"]),
        "past_key_values.0.key": (TensorProto.FLOAT, past),
        "past_key_values.0.value": (TensorProto.FLOAT, past),
    }
    outputs = {
        "logits": (TensorProto.FLOAT, [1, 1, 1]),
        "present.0.key": (TensorProto.FLOAT, past),
        "present.0.value": (TensorProto.FLOAT, past),
    }
    graph = helper.make_graph(
        [
            helper.make_node("Add", ["past_key_values.0.key", "one"], ["present.0.key"]),
            helper.make_node("Add", ["past_key_values.0.value", "one"], ["present.0.value"]),
            helper.make_node("ReduceSum", ["present.0.key"], ["sum"]),
            helper.make_node("Reshape", ["sum", "shape"], ["logits"]),
        ],
        "counting",
        [helper.make_tensor_value_info(name, *kind) for name, kind in inputs.items()],
        [helper.make_tensor_value_info(name, *kind) for name, kind in outputs.items()],
        [
            helper.make_tensor("one", TensorProto.FLOAT, [], [1.0]),
            helper.make_tensor("shape", TensorProto.INT64, [3], [1, 1, 1]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, folder / "counting.onnx")
    return folder / "counting.onnx"


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> list[FarSession]:
    """The sessions that were opened, far ones from here on."""
    opened: list[FarSession] = []

    def open_far(*arguments: Any, **named: Any) -> FarSession:
        opened.append(FarSession(*arguments, **named))
        return opened[-1]

    monkeypatch.setattr(ort, "InferenceSession", open_far)
    return opened


def one_token() -> Chunk:
    return Chunk(np.array([0]), np.array([0]), None, np.array([0]))


def counted(runtime: FusedRuntime, arena: Arena) -> list[float]:
    return [runtime.run(arena, one_token()).item() for _ in range(3)]


def new_runtime(folder: Path) -> FusedRuntime:
    return FusedRuntime(counting_graph(folder), GEOMETRY, threads=1, providers=CPU_ONLY)


def test_each_run_reads_what_the_one_before_wrote(tmp_path: Path) -> None:
    runtime = new_runtime(tmp_path)
    assert counted(runtime, lone_arena(HostPool(GEOMETRY, 1, CAPACITY))) == [SLOTS, 2 * SLOTS, 3 * SLOTS]


def test_so_it_is_where_inputs_are_copied_when_they_are_bound(
    tmp_path: Path, session: list[FarSession]
) -> None:
    runtime = new_runtime(tmp_path)
    assert runtime.provider == NAMES[Provider.CUDA]
    assert counted(runtime, lone_arena(HostPool(GEOMETRY, 1, CAPACITY))) == [SLOTS, 2 * SLOTS, 3 * SLOTS]


@pytest.mark.parametrize("kind", [RuntimeException, Fail])
async def test_a_run_without_memory_says_so_and_the_next_one_may_go_on(
    tmp_path: Path, session: list[FarSession], kind: type[Exception]
) -> None:
    thread = ModelThread(new_runtime(tmp_path), lambda logits: logits.item())
    arena = lone_arena(HostPool(GEOMETRY, 1, CAPACITY))
    session[0].raises = kind(WORDS[kind])
    with pytest.raises(OutOfMemoryError) as raised:
        await thread.run([Step(arena, one_token())])
    assert "buffer" not in str(raised.value)
    session[0].raises = None
    assert await thread.run([Step(lone_arena(HostPool(GEOMETRY, 1, CAPACITY)), one_token())]) == [SLOTS]
    await thread.stop()


async def test_another_failure_stays_what_it_is(tmp_path: Path, session: list[FarSession]) -> None:
    thread = ModelThread(new_runtime(tmp_path), lambda logits: logits.item())
    session[0].raises = Fail("Non-zero status code returned while running Add node")
    with pytest.raises(Fail):
        await thread.run([Step(lone_arena(HostPool(GEOMETRY, 1, CAPACITY)), one_token())])
    await thread.stop()
