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
    """Started before the typing; `read` after it. All of it raises `NoProcessError`."""

    def __init__(self, pid: int) -> None:
        try:
            self._process = psutil.Process(pid)
        except psutil.Error as error:
            raise NoProcessError(pid) from error
        self._began = self.cpu_s()

    def read(self, keystrokes: int) -> Usage:
        cpu_s = self.cpu_s() - self._began
        return Usage(cpu_s, self.rss_mb(), 1000 * cpu_s / keystrokes if keystrokes else None)

    def cpu_s(self) -> float:
        """Processor time since the process began."""
        try:
            times = self._process.cpu_times()
        except psutil.Error as error:
            raise NoProcessError(self._process.pid) from error
        return float(times.user + times.system)

    def rss_mb(self) -> float:
        try:
            return float(self._process.memory_info().rss / 1e6)
        except psutil.Error as error:
            raise NoProcessError(self._process.pid) from error
