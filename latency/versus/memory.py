"""The memory that a process holds, apart for the pages that no file backs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from latency.replay.usage import Meter

ANONYMOUS = re.compile(r"^RssAnon:\s+(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory in 10^6 bytes. `anonymous_mb` is the part that no file backs, so that the system cannot
    drop it when memory is short. None if the system does not say: only Linux does.
    """

    rss_mb: float
    anonymous_mb: float | None


def read_memory(meter: Meter, pid: int) -> Memory:
    """Raises `NoProcessError`."""
    return Memory(meter.rss_mb(), _anonymous_mb(Path(f"/proc/{pid}/status")))


def _anonymous_mb(status: Path) -> float | None:
    try:
        found = ANONYMOUS.search(status.read_text("utf-8"))
    except OSError:
        return None
    return int(found.group(1)) * 1024 / 1e6 if found else None
