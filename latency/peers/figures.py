"""Computes the reported figures from the measured times. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field

from latency.replay.figures import Latency


@dataclass(slots=True)
class Samples:
    """One peer's times in ms, in the order of rounds. A list is empty if the peer cannot do this."""

    about: str = ""
    nats: float | None = None
    nats_stepwise: float | None = None
    prefill: list[float] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)
    branches: list[float] = field(default_factory=list)
    keystrokes: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PeerFigures:
    """Medians, or None if not measured. `bits_per_byte` is that of the gate's text, read in one pass and
    token by token (`_stepwise`), because runs with one row use other kernels.
    """

    name: str
    about: str
    bits_per_byte: float | None
    bits_per_byte_stepwise: float | None
    step_ms: float | None
    prefill_64_ms: float | None
    eight_nodes_ms: float | None
    eight_nodes_in_steps_ratio: float | None
    keystrokes: int
    keystroke: Latency


def summarise(name: str, samples: Samples, text_bytes: int) -> PeerFigures:
    """`text_bytes` is the length of the text whose `nats` were measured."""
    step, eight = _median(samples.steps), _median(samples.branches)
    return PeerFigures(
        name=name,
        about=samples.about,
        bits_per_byte=divided(samples.nats, text_bytes * math.log(2)),
        bits_per_byte_stepwise=divided(samples.nats_stepwise, text_bytes * math.log(2)),
        step_ms=step,
        prefill_64_ms=_median(samples.prefill),
        eight_nodes_ms=eight,
        eight_nodes_in_steps_ratio=divided(eight, step),
        keystrokes=len(samples.keystrokes),
        keystroke=Latency.of(samples.keystrokes),
    )


def ratios_of(ours: PeerFigures, other: PeerFigures) -> dict[str, float | None]:
    """Foretype compared with one peer, by the names in `budget.toml`.

    For runs and bits per byte: Foretype's value divided by the peer's, so less is better. For keystrokes: how
    many times faster Foretype is. Bits per byte are measured in two ways; the ratio that is worse for
    Foretype is taken.
    """
    quality = [
        divided(ours.bits_per_byte, other.bits_per_byte),
        divided(ours.bits_per_byte_stepwise, other.bits_per_byte_stepwise),
    ]
    return {
        "step_ratio": divided(ours.step_ms, other.step_ms),
        "prefill_64_ratio": divided(ours.prefill_64_ms, other.prefill_64_ms),
        "eight_nodes_ratio": divided(ours.eight_nodes_ms, other.eight_nodes_ms),
        "eight_nodes_in_steps_ratio": ours.eight_nodes_in_steps_ratio,
        "bits_per_byte_ratio": max((ratio for ratio in quality if ratio is not None), default=None),
        "keystroke_p50_ratio": divided(other.keystroke.p50, ours.keystroke.p50),
        "keystroke_p95_ratio": divided(other.keystroke.p95, ours.keystroke.p95),
        "keystroke_worst_ratio": divided(other.keystroke.worst, ours.keystroke.worst),
    }


def divided(one: float | None, other: float | None) -> float | None:
    return None if one is None or not other else one / other


def _median(found: Iterable[float]) -> float | None:
    found = list(found)
    return statistics.median(found) if found else None
