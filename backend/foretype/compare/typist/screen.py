"""What ghost text stands behind the caret, and what is counted of it. Pure: the caller says what time it is.

A *showing* begins when a text comes on the screen that is not the one already there. It lasts while the
typist types along it or takes words of it, and while answers only lengthen or shorten it by whole words. An
*offer* is one word: the next one of a showing. A server of single words has as many of both.
"""

from __future__ import annotations

from dataclasses import dataclass

from foretype.engine.words import continues, next_word


@dataclass(slots=True)
class ScreenTally:
    shown: int = 0  # showings
    taken: int = 0  # showings of which at least one word was taken
    offers: int = 0
    words_taken: int = 0
    replaced: int = 0  # an answer put another text in the place of one that was still possible
    withdrawn: int = 0  # an answer took away one that was still possible
    resized: int = 0  # an answer made it longer or shorter, its words unchanged


class Screen:
    """One field's ghost text. What no longer agrees with the field goes at once, as in the extension."""

    def __init__(self) -> None:
        self.text = ""
        self.tally = ScreenTally()
        self._since = 0.0
        self._taken = False

    def visible(self, now: float, glance_s: float = 0.0) -> str:
        """The text, if it has been there for `glance_s`: a person needs a moment to read."""
        return self.text if now - self._since >= glance_s else ""

    def answer(self, text: str, now: float) -> None:
        """An answer for what stands in the field now."""
        if text == self.text:
            return
        same = continues(text, self.text) or continues(self.text, text)
        if self.text:
            if not text:
                self.tally.withdrawn += 1
            elif same:
                self.tally.resized += 1
            else:
                self.tally.replaced += 1
        if text and not same:
            self.tally.shown += 1
            self._taken = False
            self._since = now
        if text and next_word(text) != next_word(self.text):
            self.tally.offers += 1
        self.text = text

    def typed(self, char: str) -> None:
        if not self.text.startswith(char):
            self.text = ""
            return
        begun = next_word(self.text)[1:]
        self.text = self.text[1:]
        if self.text and not begun:
            self.tally.offers += 1

    def erased(self) -> None:
        self.text = ""

    def took(self, word: str) -> None:
        """The typist took `word`, with which the text begins."""
        assert self.text.startswith(word)
        self.tally.words_taken += 1
        if not self._taken:
            self.tally.taken += 1
            self._taken = True
        self.text = self.text[len(word) :]
        if self.text:
            self.tally.offers += 1
