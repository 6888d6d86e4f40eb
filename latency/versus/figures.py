"""Figures of two servers, and their ratios. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from latency.replay.figures import Figures, percentile
from latency.replay.server_metrics import ModelWork
from latency.versus.memory import Memory

MEMORY = ("typist", "four_fields", "many_mails")


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one server. `cpu_s`: processor time of its process while the texts were typed. `work`:
    of its model, by text. `new_field_ms`: to the final answer in a new field with 300 characters.
    """

    typed: Figures
    cpu_s: float
    work: Sequence[ModelWork]
    new_field_ms: Sequence[float]
    memory: Mapping[str, Memory]

    def flat(self) -> dict[str, float | None]:
        """Every figure by its name. None if it could not be had."""
        figures, keystrokes = self.typed.flat(), self.typed.keystrokes
        flat: dict[str, float | None] = {
            "cpu_s_per_1000_keystrokes": 1000 * self.cpu_s / keystrokes if keystrokes else None
        }
        flat |= {name: figures[name] for name in ("tree_share", "saved_share", "taken_share")}
        flat |= {f"final_{rank}_ms": figures[f"final_{rank}_ms"] for rank in ("p50", "p95", "p99", "worst")}
        flat["new_field_ms"] = percentile(sorted(self.new_field_ms), 0.5) if self.new_field_ms else None
        for name in MEMORY:
            memory = self.memory.get(name)
            flat[f"{name}_rss_mb"] = memory.rss_mb if memory else None
            flat[f"{name}_anonymous_mb"] = memory.anonymous_mb if memory else None
        work = ModelWork(_sum([one.runs for one in self.work]), _sum([one.tokens for one in self.work]))
        return flat | work.per_keystroke(keystrokes)


def ratio(ours: float | None, theirs: float | None) -> float | None:
    """None if one of them could not be had, or nothing can be divided by theirs."""
    if ours is None or theirs is None or not theirs or not math.isfinite(theirs):
        return None
    return ours / theirs


def compared(ours: Seen, theirs: Seen) -> dict[str, float | None]:
    """Our figures by their names, and every figure divided by theirs under its name with `_ratio` for the
    unit.
    """
    mine, other = ours.flat(), theirs.flat()
    return mine | {ratio_name(name): ratio(value, other[name]) for name, value in mine.items()}


def ratio_name(figure: str) -> str:
    """`final_p95_ms` becomes `final_p95_ratio`, `cpu_s_per_1000_keystrokes` becomes `cpu_ratio`."""
    stem = figure.removesuffix("_per_keystroke").removesuffix("_s_per_1000_keystrokes")
    for unit in ("_ms", "_mb", "_share"):
        stem = stem.removesuffix(unit)
    return f"{stem}_ratio"


def _sum(values: Sequence[float | None]) -> float | None:
    """None if one of them is not known, or there are none."""
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None
