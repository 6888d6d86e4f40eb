"""The ghost text after the caret, and its counts. The caller passes the time.

A *showing* begins when a new text appears on the screen. It lasts while the typist types its characters or
accepts its words, and while answers only lengthen or shorten it by whole words. An *offer* is the next word
of a showing. If a server suggests only single words, there are as many offers as showings.
"""

from __future__ import annotations

from dataclasses import dataclass

from foretype.compare.typist.keys import Correction
from foretype.engine.words import continues, next_word


@dataclass(slots=True)
class ScreenTally:
    shown: int = 0  # showings
    taken: int = 0  # showings of which at least one word was accepted
    offers: int = 0
    words_taken: int = 0
    replaced: int = 0  # answers that replaced a text that still agreed with the field
    withdrawn: int = 0  # answers that removed a text that still agreed with the field
    resized: int = 0  # answers that only added or removed words at the end of a text
    corrections: int = 0  # words that were offered in place of what was typed
    corrections_taken: int = 0


class Screen:
    """The ghost text of one field. It disappears at once if it no longer agrees with the field, as in the
    extension.
    """

    def __init__(self) -> None:
        self.text = ""
        self.correction: Correction | None = None
        self.tally = ScreenTally()
        self._since = 0.0
        self._taken = False
        self._corrected = ""  # the correction shown last for this word

    def visible(self, now: float, glance_s: float = 0.0) -> str:
        """The text, or "" if it has been on the screen for less than `glance_s`: reading takes a moment."""
        return self.text if now - self._since >= glance_s else ""

    def visible_correction(self, now: float, glance_s: float = 0.0) -> Correction | None:
        return self.correction if now - self._since >= glance_s else None

    def answer(self, text: str, now: float, *, replaces: int = 0) -> None:
        """An answer to the text of the field arrives. `text` is a correction if `replaces` is not 0."""
        self.correction = Correction(replaces, text) if replaces else None
        self._ghost("" if replaces else text, now)
        if replaces and text != self._corrected:
            self.tally.corrections += 1
            self._corrected = text
            self._since = now

    def _ghost(self, text: str, now: float) -> None:
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
        self.correction = None
        if not char.isalnum():
            self._corrected = ""
        if not self.text.startswith(char):
            self.text = ""
            return
        begun = next_word(self.text)[1:]
        self.text = self.text[1:]
        if self.text and not begun:
            self.tally.offers += 1

    def erased(self) -> None:
        self.text = self._corrected = ""
        self.correction = None

    def corrected(self) -> None:
        """The typist accepted the correction."""
        self.tally.corrections_taken += 1
        self.erased()

    def took(self, word: str) -> None:
        """The typist accepted `word`. The ghost text must start with it."""
        assert self.text.startswith(word)
        self._corrected = ""
        self.tally.words_taken += 1
        if not self._taken:
            self.tally.taken += 1
            self._taken = True
        self.text = self.text[len(word) :]
        if self.text:
            self.tally.offers += 1
