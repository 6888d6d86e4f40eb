"""Where past key values lie: a pool with a row for each field, so that one run can serve several fields."""

from __future__ import annotations

import weakref
from abc import ABC, abstractmethod
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


class Pool(ABC):
    """Rows of past key values, each given out as an `Arena`.

    The memory has the shape (layers, 2, rows, kv_heads, IDLE + capacity, head_dim) in the model's own float
    type, which the model reads as past and writes as present. Where it lies is the subclass's matter:
    `foretype.runtime.host_pool` or `foretype.runtime.device.pool`.
    """

    device: tuple[str, int] = ("cpu", 0)
    """As ONNX Runtime names it: a kind, and which one of them."""

    fixed_bytes: int = 0
    """Memory that the pool takes from its beginning to its end, whoever has a row of it."""

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
        """Whether nobody has a row of it."""
        return len(self._free) == self.rows

    @property
    def row_shape(self) -> tuple[int, int, int]:
        """(kv_heads, slots, head_dim) of one layer's keys, or values, in one row."""
        return self.shape[3:]

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
        self.release(row)
        self._free.append(row)

    def address(self, layer: int, which: int, row: int) -> int:
        """Of a layer's keys (`which` 0) or values (1) from `row` on, on the pool's device."""
        part = (layer * 2 + which) * self.rows + row
        return self._base + part * int(np.prod(self.row_shape)) * np.dtype(self.dtype).itemsize

    @property
    @abstractmethod
    def _base(self) -> int:
        """The memory's address on its device."""

    @abstractmethod
    def release(self, row: int) -> None:
        """Nobody has the row any more: its memory may be given back."""

    @abstractmethod
    def copy(self, source: Arena, row: int, count: int) -> None:
        """The first `count` slots of `source`, of a pool of the same kind, into the first of `row`."""

    @abstractmethod
    def move(self, row: int, keep: NDArray[np.int64]) -> None:
        """The slots `keep` of a row become its first; `keep` ascends."""


class Arena:
    """Keys and values of up to `capacity` tokens of one field, a slot each; slots below `length` are in use.

    Not safe for two threads at once: its owner waits for a run to end before it touches the arena again.
    """

    def __init__(self, pool: Pool, row: int) -> None:
        self.pool = pool
        self.row = row
        self.capacity = pool.capacity
        self.length = 0
        self.touched = 0  # slots ever written: what the arena costs
        self._adopted: Arena | None = None
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
        """Take over all that `other` holds, which has been run and stays as it is; this arena must be empty.
        Raises ArenaFullError.

        The numbers count at once; the memory is copied by the next run (`settle`), as in `compact`.
        """
        first = self.claim(other.length)
        assert first == 0
        assert other.is_settled
        self._adopted = other

    def compact(self, keep: NDArray[np.int64]) -> None:
        """Keep only the slots `keep`, ascending, which become 0, 1, 2, …; keys know their position, so moving
        them is sound.

        The numbers count at once; the memory is moved by the next run (`settle`), since that takes
        milliseconds which an event loop does not have.
        """
        self._moves = keep if self._moves is None else self._moves[keep]
        self.length = len(keep)

    @property
    def is_settled(self) -> bool:
        """Whether the memory is as the numbers say."""
        return self._adopted is None and self._moves is None

    def settle(self) -> None:
        """Copy what was adopted, move what was compacted. Called by whoever runs the model, before it reads
        the memory.
        """
        if self._adopted is not None:
            other, self._adopted = self._adopted, None
            self.pool.copy(other, self.row, other.length)
        if self._moves is not None:
            keep, self._moves = self._moves, None
            self.pool.move(self.row, keep)


def free_arenas(pool: Pool) -> list[Arena]:
    """All rows that nobody has, the first ones first."""
    return [arena for _ in range(pool.rows) if (arena := pool.take()) is not None]


def lone_arena(pool: Pool) -> Arena:
    """The arena of a pool that has one row, which nobody has taken."""
    arena = pool.take()
    assert arena is not None
    return arena


def slot_bytes(geometry: Geometry, dtype: type[np.floating[Any]] = np.float32) -> int:
    """Memory of one token's keys and values."""
    return geometry.layers * 2 * geometry.kv_heads * geometry.head_dim * np.dtype(dtype).itemsize
