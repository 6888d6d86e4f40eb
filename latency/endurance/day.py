"""What a user does in the soak: activities in random order, each with a fixed share of the time.

Waits are shorter than a user's. Keys are pressed as soon as the last one is answered, so the number of keys
says for how many hours a run stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

KEYSTROKES_PER_HOUR = 4000.0
"""The mean over 24 hours, in which a user types 8 hours without a break: 40 words a minute, 300 ms a key."""


class Activity(StrEnum):
    """`PAUSING`: a short wait in the middle of a text. `SLEEPING`: a longer one, with open fields.
    `BRIEF_FIELDS`: fields that are open for a moment. `RECONNECTING`: connections that are open for a moment,
    and then a new one for the user.
    """

    TYPING = "typing"
    PAUSING = "pausing"
    SLEEPING = "sleeping"
    BRIEF_FIELDS = "brief fields"
    RECONNECTING = "reconnecting"


@dataclass(frozen=True, slots=True)
class Habit:
    """share: of the time. mean_s: how long the activity lasts on average each time."""

    share: float
    mean_s: float


HABITS = {
    Activity.TYPING: Habit(0.55, 8.0),
    Activity.PAUSING: Habit(0.15, 2.0),
    Activity.SLEEPING: Habit(0.15, 10.0),
    Activity.BRIEF_FIELDS: Habit(0.10, 2.0),
    Activity.RECONNECTING: Habit(0.05, 1.0),
}


class Ending(StrEnum):
    """How the server of a part of the run ends. The first two happen while users type."""

    STOPPED = "stopped with SIGTERM"
    KILLED = "killed with SIGKILL"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Part:
    """One server, from its start to its end. `share`: of the run's time."""

    share: float
    ending: Ending


PARTS = (Part(0.2, Ending.STOPPED), Part(0.2, Ending.KILLED), Part(0.6, Ending.FINISHED))
WARM_UP = 0.25
"""The share of a part's time before the server's resources are first read."""


def schedule(rng: Random, seconds: float) -> Iterator[tuple[Activity, float]]:
    """Activities with their length in seconds, which come to `seconds` in all."""
    left = seconds
    activities = list(HABITS)
    weights = [habit.share / habit.mean_s for habit in HABITS.values()]
    while left > 0:
        activity = rng.choices(activities, weights)[0]
        length = min(left, HABITS[activity].mean_s * rng.uniform(0.5, 1.5))
        left -= length
        yield activity, length
