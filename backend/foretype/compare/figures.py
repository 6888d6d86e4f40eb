"""The figures that are measured of a model, and the medians of several rounds. Pure functions."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Speed(_Strict):
    """The speed in one round, in a process of its own. Milliseconds are medians."""

    provider: str  # ONNX Runtime's name of the execution provider
    load_s: float  # from opening the folder to an engine that has run once
    resident_bytes: int  # of the process, after its answers
    answer_ms: float  # to the final answer in a new field of 300 characters that end inside a word
    prefill_ms: float  # the first 64 tokens of a text
    step_ms: float  # one more token after these


class Quality(_Strict):
    """The quality of a model on the texts."""

    bits_per_byte: float
    read_tokens: int
    read_bytes: int
    keystrokes: int
    characters: int
    shown: int  # suggestions on the screen
    taken: int  # suggestions of which at least one word was accepted
    keystroke_p50_ms: float
    keystroke_p95_ms: float

    @property
    def saved_share(self) -> float:
        """The share of keystrokes saved, compared with typing every character, 0 to 1."""
        return 1 - self.keystrokes / self.characters

    @property
    def taken_share(self) -> float | None:
        """The share of suggestions that were accepted, 0 to 1. None if no suggestion was shown."""
        return self.taken / self.shown if self.shown else None


class Round(_Strict):
    """The figures of one process. Quality is measured only in the last round."""

    speed: Speed
    quality: Quality | None = None


def medians(rounds: Sequence[Speed]) -> Speed:
    """The median of each figure over the rounds."""
    return Speed(
        provider=rounds[0].provider,
        load_s=statistics.median(one.load_s for one in rounds),
        resident_bytes=round(statistics.median(one.resident_bytes for one in rounds)),
        answer_ms=statistics.median(one.answer_ms for one in rounds),
        prefill_ms=statistics.median(one.prefill_ms for one in rounds),
        step_ms=statistics.median(one.step_ms for one in rounds),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The percentile by nearest rank. `share` is 0 to 1; `values` must not be empty."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
