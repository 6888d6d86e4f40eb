"""Where past key values lie: a pool with a row for each field, so that one run can serve several fields."""

from __future__ import annotations

import math
import mmap
import weakref
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foretype.models.manifest import Geometry

IDLE = 1  # slots at the start of each row where a run writes for the rows that it does not serve


class ArenaFullError(Exception):
    """The chunk does not fit; compact the arena or start it anew."""

    def __init__(self, needed: int, capacity: int) -> None:
        super().__init__(f"{needed} slots needed, {capacity} there")
        self.needed = needed
        self.capacity = capacity


class Pool:
    """Rows of past key values, each given out as an `Arena`.

    The memory is one array, (layers, 2, rows, kv_heads, IDLE + capacity, head_dim) of the model's own
    float type, which it reads as past and writes as present. It is taken from the system untouched, and given
    back when an arena goes, so only slots in use cost memory.
    """

    def __init__(
        self, geometry: Geometry, rows: int, capacity: int, dtype: type[np.floating[Any]] = np.float32
    ) -> None:
        self.rows = rows
        self.slot_bytes = slot_bytes(geometry, dtype)
        self.capacity = capacity
        self._shape = (geometry.layers, 2, rows, geometry.kv_heads, IDLE + capacity, geometry.head_dim)
        self._memory = _untouched(math.prod(self._shape) * np.dtype(dtype).itemsize)
        self.buffer: NDArray[np.floating[Any]] = np.frombuffer(self._memory, dtype).reshape(self._shape)
        self._free = list(range(rows))

    def take(self) -> Arena | None:
        """A row that nobody has, the first one there is: runs are quicker over few rows. None: all are taken.

        The row is free again once the arena is garbage, so a run under way keeps its own.
        """
        if not self._free:
            return None
        row = min(self._free)
        self._free.remove(row)
        arena = Arena(self, row)
        weakref.finalize(arena, self._take_back, row).atexit = False
        return arena

    def _take_back(self, row: int) -> None:
        if hasattr(mmap, "MADV_DONTNEED"):
            stride = math.prod(self._shape[3:]) * self.buffer.itemsize
            for part in range(self._shape[0] * self._shape[1]):
                first = (part * self.rows + row) * stride
                start, end = -(-first // mmap.PAGESIZE), (first + stride) // mmap.PAGESIZE
                if end > start:
                    size = (end - start) * mmap.PAGESIZE
                    self._memory.madvise(mmap.MADV_DONTNEED, start * mmap.PAGESIZE, size)
        self._free.append(row)


class Arena:
    """Keys and values of up to `capacity` tokens of one field, a slot each; slots below `length` are in use.

    `buffer` is (layers, 2, 1, kv_heads, capacity, head_dim). Not safe for two threads at once: its owner
    waits for a run to end before it touches the arena again.
    """

    def __init__(self, pool: Pool, row: int) -> None:
        self.pool = pool
        self.row = row
        self.capacity = pool.capacity
        self.length = 0
        self.touched = 0  # slots ever written: what the arena costs
        self.buffer = pool.buffer[:, :, row : row + 1, :, IDLE:]
        self._moves: NDArray[np.int64] | None = None

    @property
    def slot_bytes(self) -> int:
        return self.pool.slot_bytes

    def claim(self, count: int) -> int:
        """Take the next `count` slots; the first one's index. Raises ArenaFullError."""
        first = self.length
        if first + count > self.capacity:
            raise ArenaFullError(first + count, self.capacity)
        self.length = first + count
        self.touched = max(self.touched, self.length)
        return first

    def adopt(self, other: Arena) -> None:
        """Take over all that `other` holds; this arena must be empty. Raises ArenaFullError."""
        first = self.claim(other.length)
        assert first == 0
        self.buffer[..., : other.length, :] = other.buffer[..., : other.length, :]

    def compact(self, keep: NDArray[np.int64]) -> None:
        """Keep only the slots `keep`, ascending, which become 0, 1, 2, …; keys know their position, so moving
        them is sound.

        The numbers count at once; the memory is moved by the next run (`settle`), since that takes
        milliseconds which an event loop does not have.
        """
        self._moves = keep if self._moves is None else self._moves[keep]
        self.length = len(keep)

    def settle(self) -> None:
        """Move what was compacted. Called by whoever runs the model, before it reads the buffer."""
        if self._moves is not None:
            keep, self._moves = self._moves, None
            self.buffer[..., : len(keep), :] = self.buffer[..., keep, :]


def slot_bytes(geometry: Geometry, dtype: type[np.floating[Any]] = np.float32) -> int:
    """Memory of one token's keys and values."""
    return geometry.layers * 2 * geometry.kv_heads * geometry.head_dim * np.dtype(dtype).itemsize


def lone_arena(geometry: Geometry, capacity: int) -> Arena:
    """An arena in a pool of its own."""
    arena = Pool(geometry, 1, capacity).take()
    assert arena is not None
    return arena


def _untouched(size: int) -> mmap.mmap:
    """Memory straight from the system in small pages: a few slots would touch all of the huge ones."""
    if not hasattr(mmap, "MAP_PRIVATE"):  # Windows
        return mmap.mmap(-1, size)
    # Not reserved where the system knows that: most of it is never touched.
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
    memory = mmap.mmap(-1, size, flags=flags)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        memory.madvise(mmap.MADV_NOHUGEPAGE)
    return memory
