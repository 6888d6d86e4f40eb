"""Which part of a long text the model reads: from an anchor that stays put while the typist goes on."""

from __future__ import annotations

from foretype.engine.vocabulary import Vocabulary

# Characters by which the anchor is found again: the text before the caret may come cut anywhere at its left.
HEAD = 64
KNOWN = 6  # texts whose ids are kept: the one in hand, the one before it, and what may come next


class Window:
    """Keeps the settled text within `most_tokens`.

    A window that slid with every token would change every position, and with it all past key values. So the
    anchor moves only when the window is full, and then by half of it.
    """

    def __init__(self, vocabulary: Vocabulary, most_tokens: int) -> None:
        self._vocabulary = vocabulary
        self._most_tokens = most_tokens
        self._head = ""
        self._known: dict[str, list[int]] = {}  # the last few texts and their ids

    def settle(self, settled: str) -> list[int]:
        """The ids of `settled` from the anchor on; most calls see the same settled text as the one before and
        cost nothing.
        """
        text = settled[self._anchor(settled) :]
        ids = self._encode(text)
        if len(ids) > self._most_tokens:
            text = self._later_half(text, len(ids))
            ids = self._encode(text)[-self._most_tokens :]
            self._head = text[:HEAD]
        return ids

    def read_of(self, settled: str) -> str | None:
        """The part of `settled` that `settle` reads while the anchor stays, the same wherever `settled` comes
        cut at its left; None where the anchor is not in it.
        """
        anchor = settled.rfind(self._head) if self._head else 0
        return settled[anchor:] if anchor >= 0 else None

    def foresee(self, read: str) -> list[int] | None:
        """What `settle` would say to a text of which this is read, or None where the anchor would move:
        nobody has typed this yet.
        """
        ids = self._encode(read)
        return ids if len(ids) <= self._most_tokens else None

    def _encode(self, text: str) -> list[int]:
        ids = self._known.pop(text, None)
        if ids is None:
            ids = self._vocabulary.encode_before_word(text)
        self._known[text] = ids  # as the last one: the first is the one that was not asked for longest
        if len(self._known) > KNOWN:
            del self._known[next(iter(self._known))]
        return ids

    def _anchor(self, settled: str) -> int:
        if not self._head:
            return 0
        found = settled.rfind(self._head)
        if found < 0:
            self._head = ""
            return 0
        return found

    def _later_half(self, text: str, tokens: int) -> str:
        """About half a window of text, from the start of a sentence or else of a word."""
        start = max(0, len(text) - len(text) * self._most_tokens // (2 * tokens))
        for boundary in ("\n", ". ", " "):
            found = text.find(boundary, start, start + len(text) // 4)
            if found >= 0:
                return text[found + len(boundary.rstrip(" ")) :].removeprefix(" ")
        return text[start:]
