"""The typist's next key, given the ghost text on the screen.

The typist writes a given text. If the next word of the suggestion is right, the typist accepts it with one
key; all other characters are typed. The typist may slip to a neighbouring key, notices it one to three keys
later, deletes the wrong characters and types them again.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from foretype.engine.words import continues, next_word

_ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")


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


Key = TypeKey | EraseKey | TakeKey


class Typist:
    """Owns the text in the field. `keys` counts all keys, `corrections` those that slips cost.

    The field holds the first `begun` characters of `target` at the start.
    """

    def __init__(self, target: str, rng: Random, *, slip_rate: float = 0.0, begun: int = 0) -> None:
        self.target = target
        self.typed = target[:begun]
        self.keys = 0
        self.corrections = 0
        self._rng = rng
        self._slip_rate = slip_rate
        self._unnoticed = 0  # keys until the typist notices a slip

    @property
    def done(self) -> bool:
        return self.typed == self.target

    def press(self, on_screen: str) -> Key:
        """The next key, already applied to `typed`. May be called only if `done` is False."""
        key = self._decide(on_screen)
        self.keys += 1
        match key:
            case TypeKey(char):
                self.typed += char
            case EraseKey():
                self.typed = self.typed[:-1]
            case TakeKey(word):
                self.typed += word
        return key

    def _decide(self, on_screen: str) -> Key:
        if not self.target.startswith(self.typed):
            self.corrections += 1
            return self._after_slip()
        rest = self.target[len(self.typed) :]
        word = next_word(on_screen)
        if continues(word, rest):
            return TakeKey(word)
        wrong = self._slip(rest[0])
        if wrong is not None:
            self.corrections += 1
            self._unnoticed = self._rng.randint(1, 3)
            return TypeKey(wrong)
        return TypeKey(rest[0])

    def _after_slip(self) -> Key:
        if self._unnoticed > 0 and len(self.typed) < len(self.target):
            self._unnoticed -= 1
            return TypeKey(self.target[len(self.typed)])
        self._unnoticed = 0
        return EraseKey()

    def _slip(self, char: str) -> str | None:
        """The wrong key that is pressed in place of `char`. None if the typist does not slip."""
        if not self._slip_rate or self._rng.random() >= self._slip_rate:
            return None
        beside = neighbours(char)
        return self._rng.choice(beside) if beside else None


def neighbours(char: str) -> list[str]:
    """The keys left and right of a letter or digit, in its case. Empty for other characters."""
    for row in _ROWS:
        at = row.find(char.lower())
        if at >= 0:
            beside = row[max(0, at - 1) : at] + row[at + 1 : at + 2]
            return list(beside.upper() if char.isupper() else beside)
    return []
