"""How often a person has typed a token after the tokens before it: immutable tables, and what makes them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foretype.engine.vocabulary import Vocabulary
from foretype.words.pieces import CONTEXT, START, Run, phrase_of
from foretype.words.store import Changes

ORDER = 3  # tokens of context that count; a fourth adds little (docs/decisions/0036-own-words.md)
BY_HAND = 3  # a word or a phrase that was added by hand counts as if it was typed as often
AT_START = 1  # stands for what is before a text, in the key of a context
_FIRST = 2  # a token's number in a key, less its id; 0 is no token


class Followers(NamedTuple):
    """The tokens that came after a context: their places in `Table.ranks`, their counts, and the sum of the
    counts.
    """

    places: NDArray[np.int32]
    counts: NDArray[np.float32]
    total: float


@dataclass(frozen=True, slots=True)
class Table:
    """All contexts of a person, and what came after them. Immutable: any thread may read it.

    ranks: (n,) int64, ascending: every token that the person typed. ranks_in_order: the same, for a search of
    one. ends_word: (n,) float32, 1 if its first byte ends a word, else 0. after_nothing: (n,) float32, how
    often each was typed. keys: ascending, of the contexts; the first is that of no context. begins: what
    follows the context i are the entries begins[i] to begins[i + 1] of places and counts. totals: the sums of
    their counts. places: int32, indices of `ranks`. counts: float32.
    """

    vocab_size: int
    ranks: NDArray[np.int64]
    ranks_in_order: array[int]
    ends_word: NDArray[np.float32]
    after_nothing: NDArray[np.float32]
    keys: array[int]
    begins: array[int]
    totals: array[float]
    places: NDArray[np.int32]
    counts: NDArray[np.float32]

    def followers(self, context: Sequence[int]) -> list[Followers]:
        """The tokens after no context, after the last token of `context`, after the last two, and so on, up
        to the first context that the person never typed. `context`: numbers as `number_of` gives them, at
        most `ORDER`.
        """
        found = []
        for length in range(len(context) + 1):
            key = _key(context[len(context) - length :], self.vocab_size)
            index = bisect_left(self.keys, key)
            if index == len(self.keys) or self.keys[index] != key:
                break
            begin, end = self.begins[index], self.begins[index + 1]
            found.append(Followers(self.places[begin:end], self.counts[begin:end], self.totals[index]))
        return found

    def has_beginning(self, text: bytes, vocabulary: Vocabulary, context: Sequence[int] = ()) -> bool:
        """Whether the person has typed, after `context`, tokens whose bytes begin with `text`."""
        found = self.followers(context)
        if len(found) <= len(context):
            return False  # the context was never typed
        places = found[-1].places  # ascending, as the ranks are
        interval = vocabulary.interval(text)
        if self._has_any(places, interval.low, interval.high):
            return True
        for rank in vocabulary.prefixes(text):
            if self._has_any(places, rank, rank + 1):
                token = int(vocabulary.ranks.ids[rank])
                longer = (*context, number_of(token))[-ORDER:]
                if self.has_beginning(text[len(vocabulary.texts[rank]) :], vocabulary, longer):
                    return True
        return False

    def _has_any(self, places: NDArray[np.int32], low: int, high: int) -> bool:
        """Whether one of `places` is that of a rank from `low` up to `high`, without `high`."""
        first = bisect_left(self.ranks_in_order, low)
        end = bisect_left(self.ranks_in_order, high, first)
        return first < end and int(places.searchsorted(first)) < int(places.searchsorted(end))

    @property
    def bytes(self) -> int:
        tables = (self.ranks, self.ends_word, self.after_nothing, self.places, self.counts)
        lists = (self.ranks_in_order, self.keys, self.begins, self.totals)
        return sum(one.nbytes for one in tables) + sum(one.itemsize * len(one) for one in lists)


def number_of(token: int) -> int:
    return token + _FIRST


def _key(context: Sequence[int], vocab_size: int) -> int:
    key = 0
    for number in context:
        key = key * (vocab_size + _FIRST) + number
    return key


class Tally:
    """The occurrences from which tables are made. Used by one thread at a time.

    A run of pieces is tokenised once; later changes only change its weight.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.clear()

    def clear(self) -> None:
        self._row_of: dict[int, int] = {}  # by the hash of a run: 64 bits suffice
        self._seen = array("q")  # of each row
        # Of each token after a context:
        self._keys, self._ranks, self._rows = array("q"), array("q"), array("q")
        self._added: frozenset[str] = frozenset()
        self._by_hand: Counter[int] = Counter()  # by the hash of a run: what is counted beside the file
        self._ids: dict[str, tuple[int, ...]] = {}

    def take(self, changes: Changes) -> None:
        if changes.is_whole:
            self.clear()
        for run, seen in changes.runs:
            self._count(run, seen + self._by_hand[hash(run)])
        for text in frozenset(changes.added) - self._added:
            pieces = phrase_of(text) or ()
            for index, piece in enumerate(pieces):
                run = Run(pieces[max(0, index - CONTEXT) : index], piece)
                self._by_hand[hash(run)] += BY_HAND
                self._count(run, BY_HAND + self._seen_before(run))
        if changes.added:
            self._added = frozenset(changes.added)

    def table(self) -> Table | None:
        """None if there is nothing."""
        if not self._keys:
            return None
        vocabulary = self._vocabulary
        keys, ranks, rows = (np.array(one, np.int64) for one in (self._keys, self._ranks, self._rows))
        seen = np.array(self._seen, np.float32)[rows]
        support, places = np.unique(ranks, return_inverse=True)
        order = np.lexsort((places, keys))
        keys, places, seen = keys[order], places[order], seen[order]
        is_first = np.empty(len(keys), np.bool_)
        is_first[0] = True
        is_first[1:] = (keys[1:] != keys[:-1]) | (places[1:] != places[:-1])
        firsts = np.flatnonzero(is_first)
        counts = np.add.reduceat(seen, firsts)
        keys, places = keys[firsts], places[firsts]
        contexts, begins = np.unique(keys, return_index=True)
        after_nothing = np.zeros(len(support), np.float32)
        after_nothing[places[: len(support)]] = counts[: len(support)]
        return Table(
            vocabulary.size,
            support,
            array("q", support.tobytes()),
            1.0 - vocabulary.ranks.word_start[support],
            after_nothing,
            array("q", contexts.tobytes()),
            array("q", np.append(begins, len(keys)).tobytes()),
            array("d", np.add.reduceat(counts, begins).astype(np.float64).tobytes()),
            places.astype(np.int32),
            counts.astype(np.float32),
        )

    def _seen_before(self, run: Run) -> int:
        row = self._row_of.get(hash(run))
        return 0 if row is None else self._seen[row]

    def _count(self, run: Run, seen: int) -> None:
        row = self._row_of.get(hash(run))
        if row is not None:
            self._seen[row] = seen
            return
        row = self._row_of[hash(run)] = len(self._seen)
        self._seen.append(seen)
        numbers = [number for piece in run.before for number in self._numbers(piece)]
        for number in self._numbers(run.piece):
            rank = self._vocabulary.rank(number - _FIRST) if number >= _FIRST else None
            if rank is not None:
                for length in range(min(ORDER, len(numbers)) + 1):
                    context = numbers[len(numbers) - length :]
                    self._keys.append(_key(context, self._vocabulary.size))
                    self._ranks.append(rank)
                    self._rows.append(row)
            numbers.append(number)

    def _numbers(self, piece: str) -> tuple[int, ...]:
        found = self._ids.get(piece)
        if found is None:
            ids = [AT_START - _FIRST] if piece == START else self._vocabulary.encode(piece)
            found = self._ids[piece] = tuple(number_of(one) for one in ids)
        return found
