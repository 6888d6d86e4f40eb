"""The operations that are timed, written once for all peers: an engine reads tokens, and can go back."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_TOKENS = 8  # of one word: a simple autocomplete does not ask for more

Logits = NDArray[np.float32]


class Engine(ABC):
    """A model with one text. Subclasses read and go back; times are measured here, in the same way for all.

    All times are in milliseconds, from the call until the logits can be read.
    """

    about: str  # the peer with its version and the weights, for the report

    @abstractmethod
    def keep(self, count: int) -> None:
        """Forget all tokens that were read except the first `count`."""

    @abstractmethod
    def feed(self, ids: Sequence[int]) -> Logits:
        """Read `ids` after the tokens that were read. Returns the logits (vocab,) after the last one, which
        are valid until the next call.
        """

    def prefill(self, ids: list[int]) -> float:
        self.keep(0)
        return _timed(self.feed, ids)

    def steps(self, ids: list[int], token: int, times: int) -> list[float]:
        """Times a run with one token after `ids`, `times` times."""
        self.keep(0)
        self.feed(ids)
        found = []
        for _ in range(times):
            self.keep(len(ids))
            found.append(_timed(self.feed, [token]))
        return found

    def nats_stepwise(self, ids: list[int], given: int) -> float:
        """The `surprise` of `ids` without the first `given`, read token by token.

        An engine that can read them in one pass also has a method `nats`, because other kernels are used
        there.
        """
        self.keep(0)
        rows = [self.feed([token]).copy() for token in ids[:-1]]
        return surprise(np.stack(rows)[given - 1 :], ids[given:])


class BranchingEngine(Engine):
    """An engine that can read several continuations of one text in one run."""

    @abstractmethod
    def branch(self, tokens: Sequence[int]) -> None:
        """Read each of `tokens` as a continuation of the text, compute all logits, and forget the tokens."""

    def branches(self, ids: list[int], tokens: list[int], times: int) -> list[float]:
        self.keep(0)
        self.feed(ids)
        return [_timed(self.branch, tokens) for _ in range(times)]


class WritingEngine(Engine):
    """An engine that completes one word at each keystroke as a simple autocomplete does: greedily, with a
    prompt cache.
    """

    begin: list[int]  # the tokens before every text

    def __init__(self) -> None:
        self._held: list[int] = []  # the tokens that were read, including those that the model has generated

    @abstractmethod
    def tokens(self, text: str) -> list[int]: ...

    @abstractmethod
    def piece(self, token: int) -> bytes:
        """The bytes of a token. Empty if the token ends the text."""

    def keystroke(self, text: str) -> dict[str, float]:
        """Complete the last word of `text`, or write the next one. `ms` is the time until the word is
        complete.

        Tokens that were read before and agree with `text` are not read again, also if the model generated
        them.
        """
        start = time.perf_counter()
        ids = self.begin + self.tokens(text)
        same = min(_common(self._held, ids), len(ids) - 1)  # the last one is always read, for its logits
        self.keep(same)
        token = int(self.feed(ids[same:]).argmax())
        self._held, written = ids, 0
        while not ends_word(self.piece(token), written) and written < MOST_TOKENS:
            written += 1
            self._held.append(token)
            token = int(self.feed([token]).argmax())
        return {"ms": (time.perf_counter() - start) * 1000, "tokens": written}

    def forget(self) -> None:
        """Begin a new text."""
        self._held = []
        self.keep(0)


def ends_word(piece: bytes, written: int) -> bool:
    """Whether a token no longer belongs to the word, which has `written` tokens so far."""
    return not piece or (written > 0 and not (piece[:1].isalnum() or piece[0] >= 128 or piece[:1] in b"'_"))


def surprise(rows: Logits, wanted: Sequence[int]) -> float:
    """The negative log-probability in nats of the tokens `wanted` (n). `rows` (at least n, vocab) are the
    logits before each of them.
    """
    rows = rows[: len(wanted)].astype(np.float64)
    peak = rows.max(axis=1)
    total = peak + np.log(np.exp(rows - peak[:, None]).sum(axis=1))
    found = float((total - rows[np.arange(len(wanted)), list(wanted)]).sum())
    assert math.isfinite(found)
    return found


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """The length of the common beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _timed(read: Any, what: Sequence[int]) -> float:
    start = time.perf_counter()
    read(what)
    return (time.perf_counter() - start) * 1000
