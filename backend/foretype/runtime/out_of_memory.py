"""Tells a run that found no memory from one that failed otherwise: ONNX Runtime has no error of its own for
it, only words.
"""

from __future__ import annotations

import errno
import re

# Its arena's words, CUDA's, cuBLAS's, and C++'s own where the computer's memory is full.
_WORDS = re.compile(r"failed to allocate memory|out of memory|ALLOC_FAILED|bad_alloc", re.IGNORECASE)


class OutOfMemoryError(Exception):
    """There was no memory for a run, on the GPU or here. What its arenas hold is unknown."""

    def __init__(self) -> None:
        super().__init__("no memory for a run of the model")


def recognised(error: Exception) -> Exception:
    """`error` itself, or an OutOfMemoryError with its place in the code where that is what it says."""
    if (
        isinstance(error, MemoryError)
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        or (type(error).__module__.startswith("onnxruntime") and _WORDS.search(str(error)))
    ):
        return OutOfMemoryError().with_traceback(error.__traceback__)
    return error
