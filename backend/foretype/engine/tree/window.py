"""The part of a long text that the model reads, from an anchor that stays in place during typing."""

from __future__ import annotations

from foretype.engine.vocabulary import Vocabulary

# Characters by which the anchor is found again: clients may send the text cut anywhere at its left.
HEAD = 64
KNOWN = 6  # texts whose ids are kept: the current one, the one before it, and those that may come next


class Window:
    """Keeps the settled text within `most_tokens`.

    If the window slid with every token, every position would change, and all past key values with it. So the
    anchor moves only when the window is full, and then by half of the window.
    """

    def __init__(self, vocabulary: Vocabulary, most_tokens: int) -> None:
        self._vocabulary = vocabulary
        self._most_tokens = most_tokens
        self._head = ""  # the text at the anchor; empty if the window begins where the text does
        self._known: dict[str, list[int]] = {}  # texts and their ids, the one used longest ago first

    def settle(self, settled: str) -> list[int]:
        """The ids of `settled` from the anchor on. Most calls have the same settled text as the call before
        and cost nothing.
        """
        text = settled[self._anchor(settled) :]
        ids = self._encode(text)
        if len(ids) > self._most_tokens:
            text = self._later_half(text, len(ids))
            ids = self._encode(text)[-self._most_tokens :]
            self._head = text[:HEAD]
        return ids

    def read_of(self, settled: str) -> str | None:
        """The part of `settled` that `settle` reads while the anchor stays: the same wherever `settled` is
        cut at its left. None if the anchor is not in it.
        """
        anchor = settled.rfind(self._head) if self._head else 0
        return settled[anchor:] if anchor >= 0 else None

    def foresee(self, read: str) -> list[int] | None:
        """The ids that `settle` would return for a text that is not typed yet and of which `read` is read.
        None if the anchor would move.
        """
        ids = self._encode(read)
        return ids if len(ids) <= self._most_tokens else None

    def _encode(self, text: str) -> list[int]:
        ids = self._known.pop(text, None)
        if ids is None:
            ids = self._vocabulary.encode_before_word(text)
        self._known[text] = ids  # at the end, as the one used last
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
        """About half a window of text, from the start of a sentence or, if there is none, of a word."""
        start = max(0, len(text) - len(text) * self._most_tokens // (2 * tokens))
        for boundary in ("\n", ". ", " "):
            found = text.find(boundary, start, start + len(text) // 4)
            if found >= 0:
                return text[found + len(boundary.rstrip(" ")) :].removeprefix(" ")
        return text[start:]
