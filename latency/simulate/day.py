"""A day of people who write: when they come and go, and when they type. All of it is assumed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


@dataclass(frozen=True, slots=True)
class Day:
    """Times of the day are in hours; each person's is drawn around it, with a spread in hours. A person who
    is there types in bursts and pauses of these lengths on average, in seconds, except during lunch.
    """

    people: int = 10_000
    come: float = 8.75
    come_spread: float = 0.6
    lunch: float = 12.25
    lunch_spread: float = 0.4
    lunch_lasts: float = 0.75
    go: float = 17.5
    go_spread: float = 0.9
    burst_s: float = 30.0
    pause_s: float = 30.0

    @property
    def typing_share(self) -> float:
        """Of the time in which a person is there."""
        return self.burst_s / (self.burst_s + self.pause_s)


class People:
    """The people of a day. Arrays have one entry for each person."""

    def __init__(self, day: Day, rng: np.random.Generator) -> None:
        def around(hour: float, spread: float) -> NDArray[np.float64]:
            return rng.normal(hour, spread, day.people) * HOUR_S

        self._day = day
        self._rng = rng
        self._come, self._go = around(day.come, day.come_spread), around(day.go, day.go_spread)
        self._lunch = around(day.lunch, day.lunch_spread)
        self.there = np.zeros(day.people, bool)
        self.typing = np.zeros(day.people, bool)

    def step(self, now: float, seconds: float) -> None:
        """`seconds` pass until `now`, in seconds since midnight."""
        self.there = (self._come <= now) & (now < self._go)
        drawn = self._rng.random(len(self.typing))
        stops = drawn < 1 - np.exp(-seconds / self._day.burst_s)
        starts = drawn < 1 - np.exp(-seconds / self._day.pause_s)
        self.typing = np.where(self.typing, ~stops, starts) & self.there
        eating = (self._lunch <= now) & (now < self._lunch + self._day.lunch_lasts * HOUR_S)
        self.typing &= ~eating
