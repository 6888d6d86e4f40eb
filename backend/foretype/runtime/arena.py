"""Past key values of many fields: a pool has a row for each field, so that one run can serve several."""

from __future__ import annotations

import weakref
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foretype.models.manifest import Geometry

IDLE = 1  # slots at the start of each row; a run writes there for rows that take no part in it


class ArenaFullError(Exception):
    """The chunk does not fit. Compact the arena, or start with an empty one."""

    def __init__(self, needed: int, capacity: int) -> None:
        super().__init__(f"{needed} slots needed, {capacity} available")
        self.needed = needed
        self.capacity = capacity


class Pool(ABC):
    """Rows of past key values. A row that is in use is an `Arena`.

    The memory has the shape (layers, 2, rows, kv_heads, IDLE + capacity, head_dim) in the model's own float
    type. The model reads it as past and writes it as present. The subclass decides where it is allocated:
    `foretype.runtime.host_pool` or `foretype.runtime.device.pool`.
    """

    device: tuple[str, int] = ("cpu", 0)
    """The device as ONNX Runtime names it: its kind, and its number among devices of that kind."""

    fixed_bytes: int = 0
    """Bytes that the pool holds all the time, however many of its rows are in use."""

    def __init__(
        self, geometry: Geometry, rows: int, capacity: int, dtype: type[np.floating[Any]] = np.float32
    ) -> None:
        self.rows = rows
        self.slot_bytes = slot_bytes(geometry, dtype)
        self.capacity = capacity
        self.dtype = dtype
        self.shape = (geometry.layers, 2, rows, geometry.kv_heads, IDLE + capacity, geometry.head_dim)
        self._free = list(range(rows))

    @property
    def is_free(self) -> bool:
        """Whether no row is in use."""
        return len(self._free) == self.rows

    @property
    def row_shape(self) -> tuple[int, int, int]:
        """(kv_heads, slots, head_dim) of one layer's keys, or values, in one row."""
        return self.shape[3:]

    def take(self) -> Arena | None:
        """The first free row, since runs over few rows are faster. None if every row is in use.

        The row becomes free when the arena is garbage-collected, so a run in progress keeps its row.
        """
        if not self._free:
            return None
        row = min(self._free)
        self._free.remove(row)
        arena = Arena(self, row)
        weakref.finalize(arena, self._take_back, row).atexit = False
        return arena

    def _take_back(self, row: int) -> None:
        self.release(row)
        self._free.append(row)

    def address(self, layer: int, which: int, row: int) -> int:
        """The address, on the pool's device, of a layer's keys (`which` 0) or values (1) from `row` on."""
        part = (layer * 2 + which) * self.rows + row
        return self._base + part * int(np.prod(self.row_shape)) * np.dtype(self.dtype).itemsize

    @property
    @abstractmethod
    def _base(self) -> int:
        """The memory's address on its device."""

    @abstractmethod
    def release(self, row: int) -> None:
        """The row is no longer in use: its memory may be freed."""

    @abstractmethod
    def copy(self, source: Arena, row: int, count: int) -> None:
        """Copy the first `count` slots of `source` to the first slots of `row`."""

    @abstractmethod
    def move(self, row: int, keep: NDArray[np.int64]) -> None:
        """Move the slots `keep` of a row, in ascending order, to the row's beginning."""


class Arena:
    """Keys and values of up to `capacity` tokens of one field, one slot for each; slots below `length` are in
    use.

    Two threads must not use an arena at once: its owner waits until a run has ended.
    """

    def __init__(self, pool: Pool, row: int) -> None:
        self.pool = pool
        self.row = row
        self.capacity = pool.capacity
        self.length = 0
        self.touched = 0  # slots ever written, which is the memory that the arena costs
        self._adopted: tuple[Arena, int] | None = None
        self._moves: NDArray[np.int64] | None = None

    @property
    def slot_bytes(self) -> int:
        return self.pool.slot_bytes

    def claim(self, count: int) -> int:
        """Take the next `count` slots and return the index of the first. Raises ArenaFullError."""
        first = self.length
        if first + count > self.capacity:
            raise ArenaFullError(first + count, self.capacity)
        self.length = first + count
        self.touched = max(self.touched, self.length)
        return first

    def adopt(self, other: Arena, count: int) -> None:
        """Start with a copy of the first `count` slots of `other`. This arena must be empty, and `other` must
        have been run and must not change until then. Raises ArenaFullError.

        `length` changes at once; the next run copies the memory (`settle`), as in `compact`.
        """
        first = self.claim(count)
        assert first == 0
        assert count <= other.length
        assert other.is_settled
        self._adopted = (other, count)

    def compact(self, keep: NDArray[np.int64]) -> None:
        """Keep only the slots `keep`, in ascending order, which become 0, 1, 2, …. Keys contain their
        position, so that they stay right when they are moved.

        `length` changes at once; the next run moves the memory (`settle`), since this takes milliseconds, too
        long for an event loop.
        """
        self._moves = keep if self._moves is None else self._moves[keep]
        self.length = len(keep)

    @property
    def is_settled(self) -> bool:
        """Whether no copy or move is still to be done."""
        return self._adopted is None and self._moves is None

    def settle(self) -> None:
        """Do the copy that `adopt` and the move that `compact` asked for. A runtime calls this before a run
        reads the memory.
        """
        if self._adopted is not None:
            (other, count), self._adopted = self._adopted, None
            self.pool.copy(other, self.row, count)
        if self._moves is not None:
            keep, self._moves = self._moves, None
            self.pool.move(self.row, keep)


def free_arenas(pool: Pool) -> list[Arena]:
    """All free rows, in their order."""
    return [arena for _ in range(pool.rows) if (arena := pool.take()) is not None]


def lone_arena(pool: Pool) -> Arena:
    """The arena of a pool with one row, which must be free."""
    arena = pool.take()
    assert arena is not None
    return arena


def slot_bytes(geometry: Geometry, dtype: type[np.floating[Any]] = np.float32) -> int:
    """Bytes of one token's keys and values."""
    return geometry.layers * 2 * geometry.kv_heads * geometry.head_dim * np.dtype(dtype).itemsize
