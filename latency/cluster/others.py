"""The processor time that other programs take: if it is much, the figures are not those of a free machine."""

from __future__ import annotations

import time

import psutil


class Others:
    """Made before a measurement and read after it."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._busy_s, self._own_s = _busy_s(), _own_s()

    def cores(self) -> float:
        """How many processors other programs have kept busy since then, on average."""
        took = time.perf_counter() - self._began
        return max(0.0, (_busy_s() - self._busy_s) - (_own_s() - self._own_s)) / took


def _busy_s() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))


def _own_s() -> float:
    """Of this process and all that it has started, also those that have ended."""
    me = psutil.Process()
    total = 0.0
    for process in (me, *me.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:  # it has ended meanwhile, and its parent counts it
            continue
        total += times.user + times.system
        total += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return total
