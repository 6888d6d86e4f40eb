"""Past key values in host memory, for runs on the CPU and for plain exports."""

from __future__ import annotations

import math
import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foretype.models.manifest import Geometry
from foretype.runtime.arena import IDLE, Arena, Pool


class HostPool(Pool):
    """Only slots in use cost memory: the system gives pages when they are first written, and gets them back
    when an arena is freed.
    """

    def __init__(
        self, geometry: Geometry, rows: int, capacity: int, dtype: type[np.floating[Any]] = np.float32
    ) -> None:
        super().__init__(geometry, rows, capacity, dtype)
        self._memory = _untouched(math.prod(self.shape) * np.dtype(dtype).itemsize)
        self.buffer: NDArray[np.floating[Any]] = np.frombuffer(self._memory, dtype).reshape(self.shape)

    @property
    def _base(self) -> int:
        return self.buffer.ctypes.data

    def copy(self, source: Arena, row: int, count: int) -> None:
        self._slots(row)[..., :count, :] = slots_of(source)[..., :count, :]

    def move(self, row: int, keep: NDArray[np.int64]) -> None:
        slots = self._slots(row)
        slots[..., : len(keep), :] = slots[..., keep, :]

    def release(self, row: int) -> None:
        if hasattr(mmap, "MADV_DONTNEED"):
            stride = math.prod(self.row_shape) * self.buffer.itemsize
            for part in range(self.shape[0] * self.shape[1]):
                first = (part * self.rows + row) * stride
                start, end = -(-first // mmap.PAGESIZE), (first + stride) // mmap.PAGESIZE
                if end > start:
                    size = (end - start) * mmap.PAGESIZE
                    self._memory.madvise(mmap.MADV_DONTNEED, start * mmap.PAGESIZE, size)

    def _slots(self, row: int) -> NDArray[np.floating[Any]]:
        return self.buffer[:, :, row : row + 1, :, IDLE:]


def slots_of(arena: Arena) -> NDArray[np.floating[Any]]:
    """The memory of an arena's slots, (layers, 2, 1, kv_heads, capacity, head_dim), to read and to write.
    Raises TypeError if it is not in host memory.
    """
    if not isinstance(arena.pool, HostPool):
        raise TypeError("the past is on a device")
    return arena.pool.buffer[:, :, arena.row : arena.row + 1, :, IDLE:]


def _untouched(size: int) -> mmap.mmap:
    """Memory from the system in small pages: with huge pages, a few slots would take all of the memory."""
    if not hasattr(mmap, "MAP_PRIVATE"):  # Windows
        return mmap.mmap(-1, size)
    # Not reserved, if the system supports that: most of the memory is never written.
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
    memory = mmap.mmap(-1, size, flags=flags)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        memory.madvise(mmap.MADV_NOHUGEPAGE)
    return memory
