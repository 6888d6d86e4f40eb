"""Past key values on the device that computes: they never cross the bus.

ONNX Runtime allocates the memory (`OrtValue`) and takes addresses inside it (`IOBinding`). What the host does
to its own memory with numpy, two graphs of one operator do here, on the device: one fills with zeros, one
gathers slots. So nothing but ONNX Runtime is needed, and the provider `cpu` runs the same code in the tests.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from foretype.models.manifest import Geometry
from foretype.providers import Providers
from foretype.runtime.arena import IDLE, Arena, Pool
from foretype.runtime.session import open_session, session_options

IR_VERSION, OPSET = 10, 18
TYPES = {np.float32: TensorProto.FLOAT, np.float16: TensorProto.FLOAT16}


class DeviceMemory:
    """Makes pools on one device, and does to them what the model's own graph does not."""

    def __init__(
        self, geometry: Geometry, dtype: type[np.floating[Any]], device: tuple[str, int], providers: Providers
    ) -> None:
        self.geometry = geometry
        self.dtype = dtype
        self.device = device
        parts = geometry.layers * 2
        self._zeros = open_session(_zeros_graph(dtype), session_options(threads=1), providers)
        gather = _gather_graph(parts, geometry, dtype)
        self._gather = open_session(gather, session_options(threads=1), providers)
        self._scratch: dict[tuple[int, ...], ort.OrtValue] = {}  # a row of each length, for moves

    def new_pool(self, rows: int, capacity: int) -> DevicePool:
        return DevicePool(self, rows, capacity)

    def allocate(self, shape: tuple[int, ...]) -> ort.OrtValue:
        """Zeros: what a token must not see still goes through its attention, with a weight of nought."""
        value = ort.OrtValue.ortvalue_from_shape_and_type(shape, self.dtype, *self.device)
        binding = self._zeros.io_binding()
        binding.bind_cpu_input("shape", np.array(shape, np.int64))
        binding.bind_output("zeros", *self.device, self.dtype, shape, value.data_ptr())
        self._zeros.run_with_iobinding(binding)
        return value

    def gather(
        self, source: list[int], source_shape: tuple[int, ...], order: NDArray[np.int64], to: list[int]
    ) -> None:
        """For each part, keys or values of a layer, the slots `order` of what lies at `source` go to `to`.

        source_shape: (kv_heads, slots, head_dim) of each. The two must not overlap.
        """
        heads, _, size = source_shape
        binding = self._gather.io_binding()
        binding.bind_cpu_input("order", order)
        for part, (at, then) in enumerate(zip(source, to, strict=True)):
            binding.bind_input(f"from.{part}", *self.device, self.dtype, source_shape, at)
            binding.bind_output(f"to.{part}", *self.device, self.dtype, (heads, len(order), size), then)
        self._gather.run_with_iobinding(binding)

    def scratch(self, row_shape: tuple[int, int, int]) -> list[int]:
        """The addresses of one row's parts, in memory that nobody else has."""
        parts = self.geometry.layers * 2
        if row_shape not in self._scratch:
            self._scratch[row_shape] = self.allocate((parts, *row_shape))
        base = self._scratch[row_shape].data_ptr()
        return [base + part * math.prod(row_shape) * np.dtype(self.dtype).itemsize for part in range(parts)]


class DevicePool(Pool):
    """All of it is taken at once: a device has no pages that come when they are touched."""

    def __init__(self, memory: DeviceMemory, rows: int, capacity: int) -> None:
        super().__init__(memory.geometry, rows, capacity, memory.dtype)
        self.device = memory.device
        self._device_memory = memory
        self._value = memory.allocate(self.shape)

    @property
    def _base(self) -> int:
        return int(self._value.data_ptr())

    def release(self, row: int) -> None:
        """Nothing: the memory is the pool's until that goes."""

    def copy(self, source: Arena, row: int, count: int) -> None:
        order = np.zeros(self.row_shape[1], np.int64)  # beyond `count` is written before it is read
        order[: IDLE + count] = np.arange(IDLE + count)
        other = source.pool
        self._device_memory.gather(_parts(other, source.row), other.row_shape, order, _parts(self, row))

    def move(self, row: int, keep: NDArray[np.int64]) -> None:
        slots = np.arange(self.row_shape[1])
        order = slots.copy()
        order[IDLE : IDLE + len(keep)] = IDLE + keep
        here, aside = _parts(self, row), self._device_memory.scratch(self.row_shape)
        self._device_memory.gather(here, self.row_shape, order, aside)
        self._device_memory.gather(aside, self.row_shape, slots, here)


def _parts(pool: Pool, row: int) -> list[int]:
    return [pool.address(layer, which, row) for layer in range(pool.shape[0]) for which in range(2)]


def _zeros_graph(dtype: type[np.floating[Any]]) -> bytes:
    zero = numpy_helper.from_array(np.zeros(1, dtype))
    return _graph(
        [helper.make_node("ConstantOfShape", ["shape"], ["zeros"], value=zero)],
        [helper.make_tensor_value_info("shape", TensorProto.INT64, [None])],
        [helper.make_tensor_value_info("zeros", TYPES[dtype], None)],
    )


def _gather_graph(parts: int, geometry: Geometry, dtype: type[np.floating[Any]]) -> bytes:
    value = helper.make_tensor_value_info
    row = [geometry.kv_heads, None, geometry.head_dim]
    return _graph(
        [helper.make_node("Gather", [f"from.{n}", "order"], [f"to.{n}"], axis=1) for n in range(parts)],
        [
            value("order", TensorProto.INT64, [None]),
            *(value(f"from.{n}", TYPES[dtype], row) for n in range(parts)),
        ],
        [value(f"to.{n}", TYPES[dtype], row) for n in range(parts)],
    )


def _graph(nodes: list[Any], inputs: list[Any], outputs: list[Any]) -> bytes:
    graph = helper.make_graph(nodes, "memory", inputs, outputs)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="foretype"
    )
    found: bytes = model.SerializeToString()
    return found
