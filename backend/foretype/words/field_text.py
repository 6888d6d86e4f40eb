"""The text of one field as it grows, and which characters of it the user has typed. Pure."""

from __future__ import annotations

from foretype.words.pieces import FOREIGN, Run, cut, runs_of

MOST_CHARS = 20_000  # of one field; what is further to the left is dropped
LONGEST_STEP = 80  # more characters at once were pasted, or put there by the page
OVERLAP = 64  # characters by which a text that was cut at its left is recognised

_THEIRS, _TYPED, _COUNTED = 0, 1, 2


class FieldText:
    """Call `now` with each state of the field, then `take` once it is left or has been quiet."""

    def __init__(self, before: str, after: str) -> None:
        """The field's first state. Only the word at the caret counts as typed: the rest was there before."""
        self._text = before + after
        self._caret = len(before)
        self._left = 0  # where the client's part of the text begins
        self._by = bytearray(len(self._text))
        start = max(before.rfind(" "), before.rfind("\n"), before.rfind("\t")) + 1
        if len(before) - start <= LONGEST_STEP:
            self._by[start : len(before)] = bytes([_TYPED]) * (len(before) - start)

    def now(self, before: str, after: str) -> None:
        """The field has this text now. Clients cut a long text at its left and its right: what they leave out
        stays as it was.
        """
        old, by = self._text, self._by
        left = self._cut_at_left(before)
        text = old[:left] + before + after
        head = _common_head(old, text)
        tail = min(_common_tail(old, text), len(old) - head, len(text) - head)
        put_in = len(text) - head - tail
        mark = _TYPED if put_in <= LONGEST_STEP else _THEIRS
        by[head : len(old) - tail] = bytes([mark]) * put_in
        surplus = max(0, len(text) - MOST_CHARS)
        self._text, self._by = text[surplus:], by[surplus:]
        self._caret = left + len(before) - surplus
        self._left = max(0, left - surplus)

    def _cut_at_left(self, before: str) -> int:
        """How many characters of the old text stand before `before`."""
        if len(before) <= OVERLAP:
            return 0
        head = before[:OVERLAP]
        found = self._text.find(head, self._left)  # the place of the cut moves to the right while one types
        return found if found >= 0 else max(0, self._text.find(head))

    def take(self, *, is_over: bool) -> list[Run]:
        """The runs of what was typed and is still there, each once. If typing may go on, the word at the
        caret is left for the next time.
        """
        text, by = self._text, self._by
        end = len(text) if is_over else self._last_word()
        shown = "".join(
            FOREIGN if mark == _THEIRS and not char.isspace() else char
            for char, mark in zip(text, by, strict=True)
        )
        pieces = cut(shown)
        counted = [one.end <= end and _TYPED in by[one.start : one.end] for one in pieces]
        found = list(runs_of([one.piece for one in pieces], counted))
        by[:end] = by[:end].replace(bytes([_TYPED]), bytes([_COUNTED]))
        return found

    def _last_word(self) -> int:
        """Where the word at the caret begins; the end of the text if the caret is not in a word."""
        caret = self._caret
        start = max(self._text.rfind(space, 0, caret) for space in " \n\t") + 1
        return len(self._text) if start == caret else start


def _common_head(one: str, other: str) -> int:
    """How many characters both begin with. Typing at the end is the quick case."""
    most = min(len(one), len(other))
    if one[:most] == other[:most]:
        return most
    low, high = 0, most  # one[:low] agrees, one[:high] does not
    while high - low > 1:
        middle = (low + high) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low


def _common_tail(one: str, other: str) -> int:
    most = min(len(one), len(other))
    if most == 0:
        return 0
    if one[-most:] == other[-most:]:
        return most
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        if one[len(one) - middle :] == other[len(other) - middle :]:
            low = middle
        else:
            high = middle
    return low
