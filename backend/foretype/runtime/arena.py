"""The buffer of past key values that belongs to one field."""

from __future__ import annotations

import math
import mmap

import numpy as np
from numpy.typing import NDArray

from foretype.models.manifest import Geometry


class ArenaFullError(Exception):
    """The chunk does not fit; compact the arena or start it anew."""

    def __init__(self, needed: int, capacity: int) -> None:
        super().__init__(f"{needed} slots needed, {capacity} there")
        self.needed = needed
        self.capacity = capacity


class Arena:
    """Keys and values of up to `capacity` tokens, a slot each; slots below `length` are in use.

    The memory is one array, (layers, 2, 1, kv_heads, capacity, head_dim) float32, which the model reads as
    past and writes as present. It is taken from the system untouched, so slots never written cost no memory.
    Not safe for two threads at once: its owner waits for a run to end before it touches the arena again.
    """

    def __init__(self, geometry: Geometry, capacity: int) -> None:
        self.capacity = capacity
        self.length = 0
        self.touched = 0  # slots ever written: what the arena costs
        shape = (geometry.layers, 2, 1, geometry.kv_heads, capacity, geometry.head_dim)
        self.buffer: NDArray[np.float32] = _untouched(shape)

    @property
    def slot_bytes(self) -> int:
        return self.buffer.nbytes // self.capacity

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
        """
        self.buffer[..., : len(keep), :] = self.buffer[..., keep, :]
        self.length = len(keep)


def _untouched(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Memory straight from the system in small pages: a few slots would touch all of the huge ones."""
    memory = mmap.mmap(-1, math.prod(shape) * np.dtype(np.float32).itemsize)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        memory.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(memory, np.float32).reshape(shape)
