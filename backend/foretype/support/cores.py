"""The number of physical cores that this process may use. A matrix product is slower with two threads on one
core.
"""

from __future__ import annotations

import os
from pathlib import Path

_TOPOLOGY = Path("/sys/devices/system/cpu")


def physical_cores() -> int:
    """The number of physical cores, at least 1.

    If the system does not say which processors share a core, every processor counts as one.
    """
    processors = _allowed()
    cores = {_siblings(number) for number in processors}
    return max(1, len(cores))


def _allowed() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))


def _siblings(number: int) -> str:
    """A name for a processor's core: the list of the processors that share it."""
    try:
        return (_TOPOLOGY / f"cpu{number}" / "topology" / "thread_siblings_list").read_text().strip()
    except OSError:
        return str(number)
