"""What every peer is made to do, and timed at, in the same words: an engine reads tokens and goes back."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_TOKENS = 8  # of one word: what a plain autocomplete asks for

Logits = NDArray[np.float32]


class Engine(ABC):
    """A model that holds one text. Subclasses read and go back; the clock is read here, alike for all.

    All times are in milliseconds, from the call until the logits can be read.
    """

    about: str  # the peer with its version and the weights, for the report

    @abstractmethod
    def keep(self, count: int) -> None:
        """Forget all but the first `count` tokens that were read."""

    @abstractmethod
    def feed(self, ids: Sequence[int]) -> Logits:
        """Read `ids` behind what was read; the logits (vocab,) after the last, valid until the next call."""

    def prefill(self, ids: list[int]) -> float:
        self.keep(0)
        return _timed(self.feed, ids)

    def steps(self, ids: list[int], token: int, times: int) -> list[float]:
        """One token after `ids`, again and again."""
        self.keep(0)
        self.feed(ids)
        found = []
        for _ in range(times):
            self.keep(len(ids))
            found.append(_timed(self.feed, [token]))
        return found

    def nats_stepwise(self, ids: list[int], given: int) -> float:
        """How surprising `ids` are, summed over all but the first `given`; read token by token.

        Those that can read them in one pass have a method `nats` too: a single row takes other kernels.
        """
        self.keep(0)
        rows = [self.feed([token]).copy() for token in ids[:-1]]
        return surprise(np.stack(rows)[given - 1 :], ids[given:])


class BranchingEngine(Engine):
    """One that reads several continuations of one text in one run."""

    @abstractmethod
    def branch(self, tokens: Sequence[int]) -> None:
        """Read each of `tokens` directly behind what was read, all logits wanted, then forget them."""

    def branches(self, ids: list[int], tokens: list[int], times: int) -> list[float]:
        self.keep(0)
        self.feed(ids)
        return [_timed(self.branch, tokens) for _ in range(times)]


class WritingEngine(Engine):
    """One that completes a word at each keystroke, as a plain autocomplete does: greedily, its cache on."""

    begin: list[int]  # what stands before every text

    def __init__(self) -> None:
        self._held: list[int] = []  # what was read, the model's own words included

    @abstractmethod
    def tokens(self, text: str) -> list[int]: ...

    @abstractmethod
    def piece(self, token: int) -> bytes:
        """What a token stands for; empty where it ends the text."""

    def keystroke(self, text: str) -> dict[str, float]:
        """Complete the word that `text` ends in, or the next: from the keystroke to the whole word, in `ms`.

        What is held and agrees with `text` is not read again, whoever wrote it.
        """
        start = time.perf_counter()
        ids = self.begin + self.tokens(text)
        same = min(_common(self._held, ids), len(ids) - 1)  # the last is read anyway: its logits are wanted
        self.keep(same)
        token = int(self.feed(ids[same:]).argmax())
        self._held, written = ids, 0
        while not ends_word(self.piece(token), written) and written < MOST_TOKENS:
            written += 1
            self._held.append(token)
            token = int(self.feed([token]).argmax())
        return {"ms": (time.perf_counter() - start) * 1000, "tokens": written}

    def forget(self) -> None:
        """Begin another text."""
        self._held = []
        self.keep(0)


def ends_word(piece: bytes, written: int) -> bool:
    """Whether a token belongs to the word no more, after `written` tokens of it."""
    return not piece or (written > 0 and not (piece[:1].isalnum() or piece[0] >= 128 or piece[:1] in b"'_"))


def surprise(rows: Logits, wanted: Sequence[int]) -> float:
    """Nats: minus the log-probability of `wanted` (n), by `rows` (n or more, vocab) of logits before them."""
    rows = rows[: len(wanted)].astype(np.float64)
    peak = rows.max(axis=1)
    total = peak + np.log(np.exp(rows - peak[:, None]).sum(axis=1))
    found = float((total - rows[np.arange(len(wanted)), list(wanted)]).sum())
    assert math.isfinite(found)
    return found


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _timed(read: Any, what: Sequence[int]) -> float:
    start = time.perf_counter()
    read(what)
    return (time.perf_counter() - start) * 1000
