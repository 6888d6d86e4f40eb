"""Past key values on the device that computes: they never cross the bus.

ONNX Runtime allocates the memory (`OrtValue`) and takes addresses inside it (`IOBinding`); what the host does
to its own memory with numpy, small graphs do here (foretype.runtime.device.graphs). So nothing but ONNX
Runtime is needed, and the provider `cpu` runs the same code in the tests.
"""

from __future__ import annotations

import math
from threading import Lock

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from foretype.models.manifest import Geometry
from foretype.runtime.arena import IDLE, Arena, Pool
from foretype.runtime.device import graphs as device_graphs
from foretype.runtime.feed import Float
from foretype.runtime.providers import Providers
from foretype.runtime.session import open_session, session_options


class DeviceMemory:
    """Memory on one device, and what is done to it but for the model's own runs."""

    def __init__(
        self, geometry: Geometry, dtype: Float, device: tuple[str, int], providers: Providers
    ) -> None:
        self.geometry = geometry
        self.dtype = dtype
        self.device = device
        self._providers = providers
        self.lock = Lock()
        """Held by whoever calls CUDA from another thread than the model's, and while that records: a call
        then would fail, and spoil the recording.
        """
        parts = geometry.layers * 2
        self._gather = self.open_graph(device_graphs.gather(parts, geometry, dtype))
        self._copy = self.open_graph(device_graphs.copy())
        self._aside: tuple[tuple[int, ...], ort.OrtValue] | None = None  # one row, for moves

    def open_graph(self, graph: bytes) -> ort.InferenceSession:
        """A session of a small graph on the device (foretype.runtime.device.graphs)."""
        return open_session(graph, session_options(threads=1), self._providers)

    def new_pool(self, rows: int, capacity: int) -> DevicePool:
        return DevicePool(self, rows, capacity)

    def allocate(self, shape: tuple[int, ...], dtype: Float) -> ort.OrtValue:
        """Zeros: what a token must not see still goes through its attention, with a weight of nought.

        Any thread may ask. Zeros of the system's own that were never written to cost no memory here.
        """
        with self.lock:
            return ort.OrtValue.ortvalue_from_numpy(np.zeros(shape, dtype), *self.device)

    def fetch(self, address: int, shape: tuple[int, int]) -> NDArray[np.float32]:
        """Float32 numbers from the device. Any thread may ask. Raises ONNX Runtime's own errors."""
        found = np.empty(shape, np.float32)
        if not found.size:
            return found
        with self.lock:
            binding = self._copy.io_binding()
            binding.bind_input("here", *self.device, np.float32, shape, address)
            binding.bind_output("there", "cpu", 0, np.float32, shape, found.ctypes.data)
            self._copy.run_with_iobinding(binding)
        return found

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

    def aside(self, row_shape: tuple[int, int, int]) -> list[int]:
        """The addresses of one row's parts, in memory that nobody else has until the next call."""
        parts = self.geometry.layers * 2
        if self._aside is None or self._aside[0] != row_shape:
            self._aside = row_shape, self.allocate((parts, *row_shape), self.dtype)
        base = self._aside[1].data_ptr()
        return [base + part * math.prod(row_shape) * np.dtype(self.dtype).itemsize for part in range(parts)]


class DevicePool(Pool):
    """All of it is taken at once: a device has no pages that come when they are touched."""

    def __init__(self, memory: DeviceMemory, rows: int, capacity: int) -> None:
        super().__init__(memory.geometry, rows, capacity, memory.dtype)
        self.device = memory.device
        self.fixed_bytes = math.prod(self.shape) * np.dtype(memory.dtype).itemsize
        self._device_memory = memory
        self._value = memory.allocate(self.shape, memory.dtype)

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
        here, aside = _parts(self, row), self._device_memory.aside(self.row_shape)
        self._device_memory.gather(here, self.row_shape, order, aside)
        self._device_memory.gather(aside, self.row_shape, slots, here)


def _parts(pool: Pool, row: int) -> list[int]:
    return [pool.address(layer, which, row) for layer in range(pool.shape[0]) for which in range(2)]
