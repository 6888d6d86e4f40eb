"""What is measured of a model, and how several rounds become one figure. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Speed(_Strict):
    """One round, in a process of its own. Milliseconds are medians; memory is in bytes."""

    provider: str  # ONNX Runtime's name of what the model ran on
    load_s: float  # from the folder to a model that has run once
    resident_bytes: int  # of the process, once it has answered
    answer_ms: float  # a text of 300 characters that ends in half a word, of which nothing has been read
    prefill_ms: float  # the first 64 tokens of a text
    step_ms: float  # one more token after them


class Quality(_Strict):
    bits_per_byte: float
    read_tokens: int
    read_bytes: int
    keystrokes: int
    characters: int
    shown: int  # texts that came on the screen
    taken: int  # of which a word was taken
    keystroke_p50_ms: float
    keystroke_p95_ms: float

    @property
    def saved_share(self) -> float:
        """Of the keystrokes that typing by hand takes, 0 to 1."""
        return 1 - self.keystrokes / self.characters

    @property
    def taken_share(self) -> float | None:
        return self.taken / self.shown if self.shown else None


class Round(_Strict):
    """What one process says at its end; quality is measured in the last round only."""

    speed: Speed
    quality: Quality | None = None


def typical(rounds: Sequence[Speed]) -> Speed:
    """The median of each figure."""
    return Speed(
        provider=rounds[0].provider,
        load_s=statistics.median(one.load_s for one in rounds),
        resident_bytes=round(statistics.median(one.resident_bytes for one in rounds)),
        answer_ms=statistics.median(one.answer_ms for one in rounds),
        prefill_ms=statistics.median(one.prefill_ms for one in rounds),
        step_ms=statistics.median(one.step_ms for one in rounds),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """By nearest rank; `share` is 0 to 1, and there is at least one value."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
