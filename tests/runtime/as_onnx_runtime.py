"""Errors as ONNX Runtime raises them, for stand-ins of its sessions. `test_stand_ins.py` holds them against
the library.
"""

from __future__ import annotations

from collections.abc import Callable

STATUS_OF_CUDA = "CUDA failure 2: out of memory ; GPU=0"
STATUSES_WITHOUT_MEMORY = (
    "std::bad_alloc",
    "bfc_arena.cc:360 Failed to allocate memory for requested buffer of size 9",
    STATUS_OF_CUDA,
)
"""What a failed node says of memory: on the CPU without and with an arena, and on CUDA (from its library)."""


def failed_run(status: str, operator: str = "Add") -> RuntimeError:
    """The error of `run_with_iobinding`, of whatever kind the failure is: always Python's own class."""
    return RuntimeError(
        f"Error in execution: Non-zero status code returned while running {operator} node. Name:'' "
        f"Status Message: {status}"
    )


def raising(error: Exception) -> Callable[[object], None]:
    def fail(_: object) -> None:
        raise error

    return fail
