"""Divides the time of the whole measurement between devices and parts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PARTS = {"parity": 1.0, "steps": 1.0, "typist": 1.5, "capacity": 4.0}
"""Weights of the parts. The start of the server belongs to `typist`."""
DEVICES = {"gpu": 1.0, "cpu": 0.6}


@dataclass(frozen=True, slots=True)
class Part:
    device: str
    name: str


def parts(devices: Sequence[str]) -> dict[Part, float]:
    """All parts in the order in which they run, with their weights."""
    return {
        Part(device, name): DEVICES[device] * weight for device in devices for name, weight in PARTS.items()
    }


def limit(part: Part, weights: Mapping[Part, float], left_s: float) -> float:
    """The number of seconds that `part` may take. `left_s` is the time for it and all parts after it, so time
    that earlier parts did not use is divided between these.
    """
    order = list(weights)
    following = sum(weights[one] for one in order[order.index(part) :])
    return max(0.0, left_s) * weights[part] / following
