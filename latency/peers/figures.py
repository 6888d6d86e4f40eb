"""From times to the figures that are reported. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from latency.replay.figures import Latency


@dataclass(slots=True)
class Samples:
    """What was measured of one peer, in milliseconds, round after round. Empty where it can't do it."""

    about: str = ""
    nats: float | None = None
    prefill: list[float] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)
    branches: list[float] = field(default_factory=list)
    keystrokes: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PeerFigures:
    """Medians; None where it was not measured. `bits_per_byte` is that of the gate's text, read in one pass
    where the peer can.
    """

    name: str
    about: str
    bits_per_byte: float | None
    step_ms: float | None
    prefill_64_ms: float | None
    eight_nodes_ms: float | None
    eight_nodes_in_steps_ratio: float | None
    keystrokes: int
    keystroke: Latency

    def flat(self) -> dict[str, float | None]:
        """The figures that one peer's can be divided by another's."""
        flat = {
            name: getattr(self, name)
            for name in ("bits_per_byte", "step_ms", "prefill_64_ms", "eight_nodes_ms")
        }
        return flat | {f"keystroke_{rank}_ms": value for rank, value in asdict(self.keystroke).items()}


def summarise(name: str, samples: Samples, text_bytes: int) -> PeerFigures:
    """`text_bytes` is how long the text is whose `nats` were measured."""
    step, eight = _median(samples.steps), _median(samples.branches)
    return PeerFigures(
        name=name,
        about=samples.about,
        bits_per_byte=None if samples.nats is None else samples.nats / math.log(2) / text_bytes,
        step_ms=step,
        prefill_64_ms=_median(samples.prefill),
        eight_nodes_ms=eight,
        eight_nodes_in_steps_ratio=divided(eight, step),
        keystrokes=len(samples.keystrokes),
        keystroke=Latency.of(samples.keystrokes),
    )


def compare(ours: PeerFigures, other: PeerFigures) -> dict[str, float | None]:
    """Foretype against one peer, by the names in `budget.toml`.

    Of runs and quality it is our share of the other's (less is better), of keystrokes how many times faster
    we are.
    """
    mine, theirs = ours.flat(), other.flat()
    shares = {
        name.removesuffix("_ms") + "_ratio": divided(mine[name], theirs[name])
        for name in ("bits_per_byte", "step_ms", "prefill_64_ms", "eight_nodes_ms")
    }
    times = {
        f"keystroke_{rank}_ratio": divided(theirs[f"keystroke_{rank}_ms"], mine[f"keystroke_{rank}_ms"])
        for rank in ("p50", "p95", "worst")
    }
    return shares | times | {"eight_nodes_in_steps_ratio": ours.eight_nodes_in_steps_ratio}


def divided(one: float | None, other: float | None) -> float | None:
    return None if one is None or not other else one / other


def _median(found: Iterable[float]) -> float | None:
    found = list(found)
    return statistics.median(found) if found else None
