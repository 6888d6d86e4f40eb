"""What a server process costs: processor time and resident memory."""

from __future__ import annotations

from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Usage:
    cpu_s: float
    rss_mb: float  # 10^6 bytes, when the replay ended
    cpu_s_per_1000_keystrokes: float | None


class NoProcessError(Exception):
    """There is no process of that number that we may look at."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"no process {pid} that this user may look at")
        self.pid = pid


class Meter:
    """Started before the typing; `read` after it. Raises `NoProcessError`."""

    def __init__(self, pid: int) -> None:
        try:
            self._process = psutil.Process(pid)
            self._began = self._cpu_s()
        except psutil.Error as error:
            raise NoProcessError(pid) from error

    def read(self, keystrokes: int) -> Usage:
        try:
            cpu_s = self._cpu_s() - self._began
            rss_mb = self._process.memory_info().rss / 1e6
        except psutil.Error as error:
            raise NoProcessError(self._process.pid) from error
        return Usage(cpu_s, rss_mb, 1000 * cpu_s / keystrokes if keystrokes else None)

    def _cpu_s(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)
