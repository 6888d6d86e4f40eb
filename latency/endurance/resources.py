"""What a server's process holds: memory, descriptors and threads. And what it has written to its log."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from latency.replay.usage import NoProcessError

SAMPLE_S = 1.0
BAD_LEVEL = re.compile(r"level='(?:error|critical)'")


@dataclass(frozen=True, slots=True)
class Resources:
    """`rss_mb` in 10^6 bytes."""

    rss_mb: float
    descriptors: int
    threads: int


@dataclass(frozen=True, slots=True)
class LogCount:
    """`tracebacks` that Python printed, and lines that the server wrote at the level error or critical."""

    tracebacks: int
    error_lines: int


@dataclass(slots=True)
class Peak:
    rss_mb: float = 0.0


def read_resources(pid: int) -> Resources:
    """Raises `NoProcessError`."""
    try:
        process = psutil.Process(pid)
        return Resources(process.memory_info().rss / 1e6, process.num_fds(), process.num_threads())
    except psutil.Error as error:
        raise NoProcessError(pid) from error


def growth_share(first: float, last: float) -> float:
    return last / first - 1


def count_log(log: Path) -> LogCount:
    lines = log.read_text("utf-8", errors="replace").splitlines()
    return LogCount(
        sum(line.startswith("Traceback ") for line in lines),
        sum(BAD_LEVEL.search(line) is not None for line in lines),
    )


@contextlib.asynccontextmanager
async def watch_peak(pid: int) -> AsyncIterator[Peak]:
    """Reads the memory each second inside the `with` block. A process that has ended is not read any more."""
    peak = Peak()

    async def watch() -> None:
        with contextlib.suppress(NoProcessError):
            while True:
                peak.rss_mb = max(peak.rss_mb, read_resources(pid).rss_mb)
                await asyncio.sleep(SAMPLE_S)

    task = asyncio.create_task(watch())
    try:
        yield peak
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
