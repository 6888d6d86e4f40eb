"""Reading GGUF, llama.cpp's file format: a head with fields and the list of the tensors, then their data.

The package `gguf` reads it too, but takes 5 s for a vocabulary of 49,000 tokens, because it makes a few
arrays of each string; this module takes 0.2 s. The format is described in ggml's docs/gguf.md, the blocks of
quantised weights in its ggml-common.h.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from foretype.models.errors import NotAModelError

Array = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Value = TypeVar("Value")

MAGIC = b"GGUF"
VERSIONS = (2, 3)
ALIGNMENT = 32  # bytes, unless the field general.alignment says otherwise
BLOCK = 32  # weights that share a scale
NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9


class UnknownGgufError(Exception):
    """The file has something that is not known here; `str()` says what. It may be a good GGUF file."""


class GgufFile:
    """The fields and tensors of a file. Its data is mapped, and read when a tensor is asked for."""

    def __init__(self, file: Path) -> None:
        """Raises NotAModelError if the file is damaged or no GGUF file, UnknownGgufError."""
        self._data: Bytes = np.memmap(file, np.uint8, "r")
        try:
            head = _Head(self._data)
        except (struct.error, UnicodeDecodeError, ValueError) as error:
            raise NotAModelError(f"The weights {file} are damaged: copy them again.") from error
        self._fields = head.fields
        self._tensors = head.tensors
        self._start = head.end
        if any(self._start + tensor.end > len(self._data) for tensor in self._tensors.values()):
            raise NotAModelError(f"The weights {file} are incomplete: copy them again.")

    @property
    def field_names(self) -> set[str]:
        return set(self._fields)

    @property
    def tensor_names(self) -> set[str]:
        return set(self._tensors)

    def field(self, name: str, kind: type[Value]) -> Value:
        """A field's value. Raises UnknownGgufError if it is missing or of another type."""
        value = self._fields.get(name)
        if not isinstance(value, kind):
            raise UnknownGgufError(f"the GGUF file has no {name}")
        return value

    def tensor(self, name: str) -> Array:
        """A tensor as float32, its dimensions in numpy's order. Raises UnknownGgufError if it is missing."""
        found, data = self._found(name)
        return found.kind.read(data).reshape(found.shape)

    def rows(self, name: str, wanted: NDArray[np.int64]) -> Array:
        """Rows of a matrix as float32: the others are not read. Raises UnknownGgufError if it is missing."""
        found, data = self._found(name)
        rows, columns = found.shape
        return found.kind.read(data.reshape(rows, -1)[wanted].ravel()).reshape(len(wanted), columns)

    def _found(self, name: str) -> tuple[_Tensor, Bytes]:
        found = self._tensors.get(name)
        if found is None:
            raise UnknownGgufError(f"the GGUF file has no weights {name}")
        return found, self._data[self._start + found.offset : self._start + found.end]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A way to store weights: bytes for `weights` of them, and how they are read."""

    weights: int
    bytes: int
    read: Callable[[Bytes], Array]


@dataclass(frozen=True, slots=True)
class _Tensor:
    shape: tuple[int, ...]
    kind: _Kind
    offset: int  # from the end of the head

    @property
    def end(self) -> int:
        return self.offset + math.prod(self.shape) // self.kind.weights * self.kind.bytes


class _Head:
    """The head, read from its first byte to its last. Numbers are little-endian."""

    def __init__(self, data: Bytes) -> None:
        self._data = memoryview(data)  # type: ignore[arg-type]  # arrays are buffers
        self._at = 0
        if self._take(4) != MAGIC or self._number("I") not in VERSIONS:
            raise ValueError("it is not a GGUF file of a known version")
        tensors, fields = self._number("Q"), self._number("Q")
        self.fields = dict(self._field() for _ in range(fields))
        self.tensors = dict(self._tensor() for _ in range(tensors))
        alignment = self.fields.get("general.alignment", ALIGNMENT)
        if not isinstance(alignment, int) or alignment < 1:
            raise ValueError("the alignment is not a number of bytes")
        self.end = -(-self._at // alignment) * alignment

    def _take(self, count: int) -> bytes:
        found = bytes(self._data[self._at : self._at + count])
        if len(found) != count:
            raise ValueError("the file ends in its head")
        self._at += count
        return found

    def _number(self, code: str) -> int:
        (found,) = struct.unpack_from(f"<{code}", self._data, self._at)
        self._at += struct.calcsize(f"<{code}")
        return found  # type: ignore[no-any-return]

    def _string(self) -> str:
        return self._take(self._number("Q")).decode()

    def _field(self) -> tuple[str, object]:
        return self._string(), self._value(self._number("I"))

    def _value(self, kind: int) -> object:
        if kind in NUMBERS:
            return self._number(NUMBERS[kind])
        if kind == STRING:
            return self._string()
        if kind != ARRAY:
            raise ValueError(f"a field of the unknown type {kind}")
        of, count = self._number("I"), self._number("Q")
        if of in NUMBERS:
            code = f"<{NUMBERS[of]}"
            return [one for (one,) in struct.iter_unpack(code, self._take(count * struct.calcsize(code)))]
        if of != STRING:
            raise ValueError("an array of arrays")
        return [self._string() for _ in range(count)]

    def _tensor(self) -> tuple[str, _Tensor]:
        name = self._string()
        dimensions = [self._number("Q") for _ in range(self._number("I"))]
        kind, offset = self._number("I"), self._number("Q")
        if kind not in KINDS:
            raise UnknownGgufError(f"the GGUF file has weights of the type {kind}")
        return name, _Tensor(tuple(reversed(dimensions)), KINDS[kind], offset)


# -- the ways to store weights --------------------------------------------------------


def _halves(data: Bytes) -> Array:
    """Numbers of 16 bits, (n, 1) from (n, 2) bytes."""
    return np.ascontiguousarray(data).view(np.float16).astype(np.float32)


def _nibbles(data: Bytes) -> Array:
    """(n, 32) from (n, 16) bytes: the lower halves of the bytes come first."""
    return np.concatenate([data & 15, data >> 4], axis=1).astype(np.float32)


def _q4_0(data: Bytes) -> Array:
    blocks = data.reshape(-1, 18)
    weights: Array = _nibbles(blocks[:, 2:])
    weights -= 8
    weights *= _halves(blocks[:, :2])
    return weights


def _q4_1(data: Bytes) -> Array:
    blocks = data.reshape(-1, 20)
    weights: Array = _nibbles(blocks[:, 4:])
    weights *= _halves(blocks[:, :2])
    weights += _halves(blocks[:, 2:4])
    return weights


def _q5_0(data: Bytes) -> Array:
    blocks = data.reshape(-1, 22)
    fifth = np.unpackbits(blocks[:, 2:6], axis=1, bitorder="little")
    weights: Array = _nibbles(blocks[:, 6:])
    weights += 16 * fifth.astype(np.float32) - 16
    weights *= _halves(blocks[:, :2])
    return weights


def _q8_0(data: Bytes) -> Array:
    blocks = data.reshape(-1, 34)
    weights: Array = blocks[:, 2:].view(np.int8).astype(np.float32)
    weights *= _halves(blocks[:, :2])
    return weights


def _q4_k(data: Bytes) -> Array:
    """Eight blocks of 32 share two scales: of their scales, and of what is subtracted from each block."""
    blocks = data.reshape(-1, 144)
    scales, offsets = _six_bits(blocks[:, 4:16])
    scales *= _halves(blocks[:, :2])
    offsets *= _halves(blocks[:, 2:4])
    weights: Array = _nibbles(blocks[:, 16:].reshape(-1, 32)).reshape(-1, 8, BLOCK)
    weights *= scales[..., None]
    weights -= offsets[..., None]
    return weights


def _six_bits(packed: Bytes) -> tuple[Array, Array]:
    """Eight scales and eight offsets of 6 bits, each (n, 8), from (n, 12) bytes: the first four of each have
    their bits together, the upper two bits of the others are in the bytes of those.
    """
    first, second, low = packed[:, :4], packed[:, 4:8], packed[:, 8:]
    scales = np.concatenate([first & 63, (low & 15) | (first >> 6 << 4)], axis=1)
    offsets = np.concatenate([second & 63, (low >> 4) | (second >> 6 << 4)], axis=1)
    return scales.astype(np.float32), offsets.astype(np.float32)


def _q6_k(data: Bytes) -> Array:
    """Sixteen blocks of 16 share the scale of their scales. Each half of 128 weights has 64 bytes with their
    lower 4 bits and 32 bytes with the upper 2 of each.
    """
    blocks = data.reshape(-1, 210)
    low, high = blocks[:, :128].reshape(-1, 2, 64), blocks[:, 128:192].reshape(-1, 2, 1, 32)
    lower = np.concatenate([low & 15, low >> 4], axis=-1).reshape(-1, 2, 4, 32)
    upper = high >> np.array([0, 2, 4, 6], np.uint8)[:, None] & 3
    weights: Array = (lower | upper << 4).astype(np.float32).reshape(-1, 16, 16)
    weights -= 32
    scales = blocks[:, 192:208].view(np.int8).astype(np.float32)
    weights *= (scales * _halves(blocks[:, 208:]))[..., None]
    return weights


KINDS = {
    0: _Kind(1, 4, lambda data: data.view(np.float32)),
    1: _Kind(1, 2, lambda data: data.view(np.float16).astype(np.float32)),
    2: _Kind(BLOCK, 18, _q4_0),
    3: _Kind(BLOCK, 20, _q4_1),
    6: _Kind(BLOCK, 22, _q5_0),
    8: _Kind(BLOCK, 34, _q8_0),
    12: _Kind(8 * BLOCK, 144, _q4_k),
    14: _Kind(8 * BLOCK, 210, _q6_k),
}
"""By their numbers in the file: float32, float16, Q4_0, Q4_1, Q5_0, Q8_0, Q4_K, Q6_K."""
