"""Past key values on the device that computes, so that they are never copied to the host.

ONNX Runtime allocates the memory (`OrtValue`) and accepts addresses inside it (`IOBinding`). Small graphs
(foretype.runtime.device.graphs) do on the device what numpy does in host memory. So only ONNX Runtime is
needed, and in the tests the provider `cpu` runs the same code.
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
from foretype.runtime.session import open_session


class DeviceMemory:
    """Memory on one device, and the copies and moves in it outside the model's own runs."""

    def __init__(
        self, geometry: Geometry, dtype: Float, device: tuple[str, int], providers: Providers
    ) -> None:
        self.geometry = geometry
        self.dtype = dtype
        self.device = device
        self._providers = providers
        self.lock = Lock()
        """Held for every CUDA call from a thread that is not the model's, and while the model's thread
        records: a call at that time fails, and the recording becomes invalid.
        """
        parts = geometry.layers * 2
        self._gather = self.open_graph(device_graphs.gather(parts, geometry, dtype))
        self._copy = self.open_graph(device_graphs.copy())
        self._aside: tuple[tuple[int, ...], ort.OrtValue] | None = None  # memory for one row, used by moves

    def open_graph(self, graph: bytes) -> ort.InferenceSession:
        """A session of a small graph on the device (foretype.runtime.device.graphs)."""
        return open_session(graph, 1, self._providers)

    def new_pool(self, rows: int, capacity: int) -> DevicePool:
        return DevicePool(self, rows, capacity)

    def allocate(self, shape: tuple[int, ...], dtype: Float) -> ort.OrtValue:
        """Memory filled with zeros, since attention reads slots that a token must not see, with weight 0.

        Any thread may call this. The zeros in host memory are never written, so they cost no memory there.
        """
        with self.lock:
            return ort.OrtValue.ortvalue_from_numpy(np.zeros(shape, dtype), *self.device)

    def fetch(self, address: int, shape: tuple[int, int]) -> NDArray[np.float32]:
        """Copy float32 numbers to the host. Any thread may call this. Raises ONNX Runtime's own errors."""
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
        """For each part (the keys or the values of one layer), copy the slots `order` of `source` to `to`.

        source, to: addresses, one for each part. source_shape: (kv_heads, slots, head_dim) of each part. The
        memory at `source` and at `to` must not overlap.
        """
        heads, _, size = source_shape
        binding = self._gather.io_binding()
        binding.bind_cpu_input("order", order)
        for part, (at, then) in enumerate(zip(source, to, strict=True)):
            binding.bind_input(f"from.{part}", *self.device, self.dtype, source_shape, at)
            binding.bind_output(f"to.{part}", *self.device, self.dtype, (heads, len(order), size), then)
        self._gather.run_with_iobinding(binding)

    def aside(self, row_shape: tuple[int, int, int]) -> list[int]:
        """Addresses for the parts of one row, in memory that is free until the next call."""
        parts = self.geometry.layers * 2
        if self._aside is None or self._aside[0] != row_shape:
            self._aside = row_shape, self.allocate((parts, *row_shape), self.dtype)
        base = self._aside[1].data_ptr()
        return [base + part * math.prod(row_shape) * np.dtype(self.dtype).itemsize for part in range(parts)]


class DevicePool(Pool):
    """All memory is allocated at once: a device has no pages that are given when they are first written."""

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
        """Does nothing: the pool keeps its memory until it is freed."""

    def copy(self, source: Arena, row: int, count: int) -> None:
        order = np.zeros(self.row_shape[1], np.int64)  # slots after `count` are written before they are read
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
