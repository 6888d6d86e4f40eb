"""Whether the server saves energy: as the user says, or while the machine runs on its battery."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum

from foretype.support.clock import Clock

ASKED_EVERY_S = 30.0


class Frugal(StrEnum):
    """The values of `FORETYPE_FRUGAL`."""

    AUTO = "auto"  # on while the machine runs on its battery
    ON = "on"
    OFF = "off"


def on_battery() -> bool:
    """False if the machine has no battery, or the system does not say. Takes up to a millisecond."""
    import psutil  # 30 ms, and only this function needs it

    read = getattr(psutil, "sensors_battery", None)  # not on every system
    try:
        battery = read() if read is not None else None
    except (OSError, RuntimeError, ValueError):  # a driver that says something unexpected
        return False
    return battery is not None and battery.power_plugged is False


class Frugality:
    """Call it to learn whether to save energy now. The battery is asked again after `ASKED_EVERY_S`, so that
    a laptop may be plugged in and out while the server runs.
    """

    def __init__(self, mode: Frugal, clock: Clock, on_battery: Callable[[], bool] = on_battery) -> None:
        self._mode = mode
        self._clock = clock
        self._on_battery = on_battery
        self._asked_at = -math.inf
        self._last = False

    def __call__(self) -> bool:
        if self._mode is not Frugal.AUTO:
            return self._mode is Frugal.ON
        now = self._clock()
        if now - self._asked_at >= ASKED_EVERY_S:
            self._asked_at, self._last = now, self._on_battery()
        return self._last
