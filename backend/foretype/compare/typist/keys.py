"""The typist's next key, given what is on the screen.

The typist writes a given text. If the next word of the suggestion is right, the typist accepts it with one
key; all other characters are typed. Some of them slip. The typist notices a slip at the end of the word, goes
back to it and types the rest of the word again, or takes the correction that the screen offers before.
"""

from __future__ import annotations

from dataclasses import dataclass

from foretype.compare.typist.slips import Slips
from foretype.engine.words import continues, next_word


@dataclass(frozen=True, slots=True)
class TypeKey:
    char: str


@dataclass(frozen=True, slots=True)
class EraseKey:
    """Backspace: delete the last character."""


@dataclass(frozen=True, slots=True)
class TakeKey:
    """Tab: accept the next word of the ghost text."""

    word: str


@dataclass(frozen=True, slots=True)
class Correction:
    """A word that is offered in place of the last `replaces` characters."""

    replaces: int
    word: str


@dataclass(frozen=True, slots=True)
class CorrectKey:
    """Tab: accept the correction."""

    correction: Correction


Key = TypeKey | EraseKey | TakeKey | CorrectKey


class Typist:
    """Owns the text in the field. `keys` counts all keys.

    The field holds the first `begun` characters of `target` at the start.
    """

    def __init__(self, target: str, slips: Slips | None = None, *, begun: int = 0) -> None:
        self.target = target
        self.typed = target[:begun]
        self.keys = 0
        self._slips = dict(slips or {})  # those that have not happened yet
        self._slipping = ""  # the rest of a slip of several characters
        self._meant = begun  # while the text is wrong: how much of `target` the typist believes to be typed

    @property
    def done(self) -> bool:
        return self.typed == self.target

    @property
    def _is_right(self) -> bool:
        return self.target.startswith(self.typed)

    def press(self, on_screen: str, correction: Correction | None = None) -> Key:
        """The next key, already applied to `typed`. May be called only if `done` is False."""
        key = self._decide(on_screen, correction)
        self.keys += 1
        match key:
            case TypeKey(char):
                self.typed += char
            case EraseKey():
                self.typed = self.typed[:-1]
            case TakeKey(word):
                self.typed += word
            case CorrectKey(Correction(replaces, word)):
                self.typed = self.typed[:-replaces] + word
        return key

    def _decide(self, on_screen: str, correction: Correction | None) -> Key:
        if correction is not None and self._is_helped_by(correction):
            self._slipping = ""
            return CorrectKey(correction)
        if not self._is_right:
            return self._after_slip()
        at = len(self.typed)
        rest = self.target[at:]
        word = next_word(on_screen)
        if continues(word, rest):
            return TakeKey(word)
        if at in self._slips:
            return self._slip(at)
        return TypeKey(rest[0])

    def _is_helped_by(self, correction: Correction) -> bool:
        kept = self.typed[: -correction.replaces]
        return self.target.startswith(kept) and continues(correction.word, self.target[len(kept) :])

    def _slip(self, at: int) -> TypeKey:
        slip = self._slips.pop(at)
        self._meant = at + slip.covers
        self._slipping = slip.typed[1:]
        return TypeKey(slip.typed[0])

    def _after_slip(self) -> Key:
        if self._slipping:
            char, self._slipping = self._slipping[0], self._slipping[1:]
            return TypeKey(char)
        following = self.target[self._meant : self._meant + 1]
        if not _is_in_word(following):
            return EraseKey()
        if self._meant in self._slips:
            return self._slip(self._meant)
        self._meant += 1
        return TypeKey(following)


def keys_by_hand(text: str, slips: Slips, *, begun: int = 0) -> int:
    """The keys that a typist presses who sees no suggestions."""
    typist = Typist(text, slips, begun=begun)
    while not typist.done:
        typist.press("")
    return typist.keys


def _is_in_word(char: str) -> bool:
    return char.isalnum() or char == "'"
