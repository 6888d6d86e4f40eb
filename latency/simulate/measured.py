"""What the simulation knows about a server: times of runs, and what keystrokes need (see `calibrate`)."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from foretype.engine.pressure import Effort
from latency.errors import MeasurementError

SHIPPED = Path(__file__).parent / "epyc-2-cores-smollm2.json"


class BadMeasuredFileError(MeasurementError):
    """The file is missing, or it is not what `latency.simulate.calibrate` writes."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file} cannot be read as measured run times. Make it with: "
            "python -m latency.simulate.calibrate FILE"
        )
        self.file = file


@dataclass(frozen=True, slots=True)
class Needs:
    """What keystrokes needed at one effort.

    tokens: at position n, the number of keystrokes that waited until the model had read n tokens for them.
    ahead_runs: runs ahead after a keystroke, on average. ahead_ms: the time of one of them.
    """

    tokens: tuple[int, ...]
    ahead_runs: float
    ahead_ms: float

    @property
    def model_share(self) -> float:
        """The share of keystrokes that needed a run."""
        return 1 - self.tokens[0] / sum(self.tokens)


@dataclass(frozen=True, slots=True)
class Measured:
    """Times are in milliseconds.

    together_ms: a run with one token of each of so many fields. alone_ms: a run with so many tokens of one
    field. search_ms: one search in a tree, and what surrounds it on the event loop. keystroke_ms: receiving a
    keystroke and sending its answer. tokens_a_keystroke: tokens by which a text grows, on average. factors:
    how many times longer runs took in a real server than alone, one after the other: a machine that has other
    work is slow for some seconds, and then quick again.
    """

    machine: str
    model: str
    wpm: float
    budget_ms: float
    runs_ahead: int
    together_ms: Mapping[int, float]
    alone_ms: Mapping[int, float]
    search_ms: float
    keystroke_ms: float
    tokens_a_keystroke: float
    needs: Mapping[Effort, Needs]
    factors: tuple[float, ...] = (1.0,)

    def together_s(self, fields: int) -> float:
        return between(self.together_ms, fields) / 1000

    def alone_s(self, tokens: int) -> float:
        return between(self.alone_ms, tokens) / 1000


def between(measured: Mapping[int, float], at: float) -> float:
    """The value at `at`, on straight lines between the measured ones; beyond them, as the nearest."""
    known = sorted(measured)
    place = bisect_left(known, at)
    if place == len(known):
        return measured[known[-1]]
    if known[place] == at or place == 0:
        return measured[known[place]]
    low, high = known[place - 1], known[place]
    return measured[low] + (measured[high] - measured[low]) * (at - low) / (high - low)


def write_measured(measured: Measured, file: Path) -> None:
    needs = {effort.name.lower(): asdict(one) for effort, one in measured.needs.items()}
    plain = {name: getattr(measured, name) for name in Measured.__slots__} | {"needs": needs}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(plain, indent=1) + "\n", "utf-8")


def read_measured(file: Path) -> Measured:
    """Raises `BadMeasuredFileError`."""
    try:
        plain = json.loads(file.read_text("utf-8"))
        needs = {
            Effort[name.upper()]: Needs(tuple(one["tokens"]), one["ahead_runs"], one["ahead_ms"])
            for name, one in plain["needs"].items()
        }
        times = {
            name: {int(at): float(ms) for at, ms in plain[name].items()}
            for name in ("together_ms", "alone_ms")
        }
        factors = {"factors": tuple(map(float, plain["factors"]))}
        return Measured(**(plain | times | factors | {"needs": {effort: needs[effort] for effort in Effort}}))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadMeasuredFileError(file) from error
