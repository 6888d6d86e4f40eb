"""Deadlines of work: the moment by which a client needs it, or none if no client waits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from foretype.support.clock import Timers


@dataclass(frozen=True, slots=True, order=True)
class Deadline:
    """A moment on a clock, in that clock's seconds."""

    at: float

    @classmethod
    def after(cls, milliseconds: float, timers: Timers) -> Deadline:
        return cls(timers.time() + milliseconds / 1000.0)

    @classmethod
    def whenever(cls) -> Deadline:
        """For work that no client waits for: it is done after all work with a real deadline."""
        return cls(math.inf)

    @property
    def is_real(self) -> bool:
        """Whether a client waits for the work."""
        return self.at < math.inf
