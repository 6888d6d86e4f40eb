"""The text of one field as it grows, and which characters of it the user has typed. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from foretype.words.pieces import FOREIGN, Run, cut, runs_of

MOST_CHARS = 20_000  # of one field; what is further to the left is dropped
LONGEST_STEP = 80  # more characters at once were pasted, or put there by the page
OVERLAP = 64  # characters by which a text that was cut is recognised

_THEIRS, _TYPED = 0, 1


@dataclass(frozen=True, slots=True)
class Taken:
    """What has changed since the last time: runs that were typed, and runs that are not there any more.

    stayed: pieces without spaces that were there the last time, and still are.
    """

    typed: Counter[Run] = field(default_factory=Counter)
    undone: Counter[Run] = field(default_factory=Counter)
    stayed: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.typed or self.undone)


class FieldText:
    """Call `now` with each state of the field, then `take` once it is left or has been quiet."""

    def __init__(self, before: str, after: str, context_chars: int) -> None:
        """The field's first state. Only the word at the caret counts as typed: the rest was there before.
        `context_chars`: at which clients cut `before` and `after`.
        """
        self._may_be_cut = context_chars * 3 // 4  # clients may count in UTF-16 units
        self._text = before + after
        self._caret = len(before)
        self._left = 0  # where the client's part of the text begins
        self._by = bytearray(len(self._text))  # who has written each character
        self._taken: Counter[Run] = Counter()
        self._has_dropped = False
        start = _word_start(before, len(before))
        if len(before) - start <= LONGEST_STEP:
            self._by[start : len(before)] = bytes([_TYPED]) * (len(before) - start)

    def now(self, before: str, after: str) -> None:
        """The field has this text now. What a client has cut off stays as it was."""
        old, by = self._text, self._by
        self._left = self._cut_at_left(before)
        text = old[: self._left] + before + after + self._cut_at_right(after)
        head = _common_head(old, text)
        tail = min(_common_tail(old, text), len(old) - head, len(text) - head)
        put_in = len(text) - head - tail
        mark = _TYPED if put_in <= LONGEST_STEP else _THEIRS
        by[head : len(old) - tail] = bytes([mark]) * put_in
        self._text, self._caret = text, self._left + len(before)
        if (surplus := len(text) - MOST_CHARS) > 0:
            self._has_dropped = True
            self._text, self._by = text[surplus:], by[surplus:]
            self._caret, self._left = max(0, self._caret - surplus), max(0, self._left - surplus)

    def _cut_at_left(self, before: str) -> int:
        """How many characters of the old text stand before `before`."""
        if len(before) < max(OVERLAP, self._may_be_cut):
            return 0
        head = before[:OVERLAP]
        found = self._text.find(head, self._left)  # the place of the cut moves to the right while one types
        return found if found >= 0 else max(0, self._text.find(head))

    def _cut_at_right(self, after: str) -> str:
        """The part of the old text that stands behind `after`."""
        if len(after) < max(OVERLAP, self._may_be_cut):
            return ""
        found = self._text.rfind(after[-OVERLAP:])
        return self._text[found + OVERLAP :] if found >= 0 else ""

    def take(self, *, is_over: bool) -> Taken:
        """What was typed and is still there, each run once. If typing may continue, the word at the caret is
        left for the next time.
        """
        shown = "".join(
            FOREIGN if mark == _THEIRS and not char.isspace() else char
            for char, mark in zip(self._text, self._by, strict=True)
        )
        pieces = cut(shown)
        unfinished = range(
            0 if is_over else _word_start(self._text, self._caret), 0 if is_over else self._caret
        )
        counts = [_TYPED in self._by[one.start : one.end] and one.start not in unfinished for one in pieces]
        there = Counter(runs_of([one.piece for one in pieces], counts))
        before, self._taken = self._taken, there
        stayed = frozenset(_pieces_in(before) & _pieces_in(there))
        return Taken(there - before, Counter() if self._has_dropped else before - there, stayed)


def _pieces_in(runs: Counter[Run]) -> set[str]:
    return {run.piece.strip() for run in runs}


def _word_start(text: str, end: int) -> int:
    """Where the chunk that ends at `end` begins; `end` if there is none."""
    return max(text.rfind(space, 0, end) for space in " \n\t") + 1


def _common_head(one: str, other: str) -> int:
    """How many characters both begin with."""
    return _longest(min(len(one), len(other)), lambda count: one[:count] == other[:count])


def _common_tail(one: str, other: str) -> int:
    """How many characters both end with."""

    def agree(count: int) -> bool:
        return one[len(one) - count :] == other[len(other) - count :]

    return _longest(min(len(one), len(other)), agree)


def _longest(most: int, agrees: Callable[[int], bool]) -> int:
    """The largest count up to `most` that agrees, if all smaller ones do. Typing at the end is the quick
    case: there, the first look suffices.
    """
    if agrees(most):
        return most
    return bisect_left(range(1, most), True, key=lambda count: not agrees(count))
