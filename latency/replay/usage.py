"""Processor time and resident memory of a process."""

from __future__ import annotations

from dataclasses import dataclass

import psutil

from latency.errors import MeasurementError


@dataclass(frozen=True, slots=True)
class Usage:
    """`rss_mb` is read when the typing ends."""

    cpu_s: float
    rss_mb: float  # 10^6 bytes
    cpu_s_per_1000_keystrokes: float | None


class NoProcessError(MeasurementError):
    """There is no process with this number, or this user may not read its usage."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"There is no process {pid}, or this user may not read its usage.")
        self.pid = pid


class Meter:
    """Made before the typing and read after it. All methods raise `NoProcessError`."""

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
        """Processor time since the process started."""
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
