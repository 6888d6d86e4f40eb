"""Recognising that a run failed for lack of memory: ONNX Runtime has no error class for that, only words."""

from __future__ import annotations

import errno
import re

# The words of ONNX Runtime's arena, of CUDA, of cuBLAS, of C++ if host memory is full, and of Python if there
# is no memory for a thread's stack.
_WORDS = re.compile(
    r"failed to allocate memory|out of memory|ALLOC_FAILED|bad_alloc|can't start new thread", re.IGNORECASE
)
# The words of the system's loader if a library does not fit into memory.
_LOADERS_WORDS = re.compile(r"failed to map segment|cannot allocate memory", re.IGNORECASE)


class OutOfMemoryError(Exception):
    """There was no memory for a run, on the GPU or on the host. What its arenas hold is unknown."""

    def __init__(self) -> None:
        super().__init__("no memory for a run of the model")


def recognised(error: Exception) -> Exception:
    """An OutOfMemoryError with the same traceback if `error` says that memory was lacking, else `error`."""
    if (
        isinstance(error, MemoryError)
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        or (isinstance(error, ImportError) and _says_no_memory(error))
        or (_is_of_onnx_runtime(error) and _WORDS.search(str(error)))
    ):
        return OutOfMemoryError().with_traceback(error.__traceback__)
    return error


def _says_no_memory(error: BaseException | None) -> bool:
    """NumPy raises an `ImportError` of its own in place of the loader's, which is its cause or context."""
    while error is not None:
        if isinstance(error, MemoryError) or _LOADERS_WORDS.search(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_of_onnx_runtime(error: Exception) -> bool:
    """`run_with_iobinding` raises Python's own RuntimeError for every failure, `run` its own classes (1.32;
    findings/errors-of-a-binding.sh).
    """
    return type(error) is RuntimeError or type(error).__module__.startswith("onnxruntime")
