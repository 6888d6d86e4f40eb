"""Which part may take how long, and how large the next crowd is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PARTS = {"parity": 1.0, "steps": 1.0, "typist": 1.5, "capacity": 4.0}
"""Shares of a device's time; starting the server counts with the typist's."""
DEVICES = {"gpu": 1.0, "cpu": 0.6}
CLOSE_ENOUGH = 1 / 8  # of the largest crowd that was carried


@dataclass(frozen=True, slots=True)
class Part:
    device: str
    name: str


def parts(devices: Sequence[str]) -> dict[Part, float]:
    """Every part in the order in which they run, with its weight."""
    return {
        Part(device, name): DEVICES[device] * weight for device in devices for name, weight in PARTS.items()
    }


def limit(part: Part, weights: Mapping[Part, float], left_s: float) -> float:
    """Seconds that `part` may take of the `left_s` that are left for it and those after it: what those
    before it did not use is shared by all that follow.
    """
    order = list(weights)
    following = sum(weights[one] for one in order[order.index(part) :])
    return max(0.0, left_s) * weights[part] / following


def next_crowd(tried: Mapping[int, bool], first: int) -> int | None:
    """How many are to type next, after crowds that were carried or not; None where it is known.

    Twice as many each time, and then halfway between the largest that was carried and the smallest that was
    not.
    """
    if not tried:
        return first
    best = max((typists for typists, carried in tried.items() if carried), default=0)
    worst = min((typists for typists, carried in tried.items() if not carried), default=None)
    if worst is None:
        return 2 * best
    if worst - best <= max(1, int(best * CLOSE_ENOUGH)):
        return None
    return (best + worst) // 2
