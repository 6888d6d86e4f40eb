"""A typist: what they press next, given what is on the screen. Pure: no clock, no network.

They want to write a given text. A suggestion whose next word is right is taken with one key; all else is
typed. They may slip: a neighbouring key, noticed one to three keys later, deleted and typed again.
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
    """The last character goes."""


@dataclass(frozen=True, slots=True)
class TakeKey:
    """Tab: the next word of what is on the screen."""

    word: str


Key = TypeKey | EraseKey | TakeKey


class Typist:
    """Owns what stands in the field. `keys` counts every press, `corrections` those that slips cost.

    The first `begun` characters stand there when the typist comes.
    """

    def __init__(self, target: str, rng: Random, *, slip_rate: float = 0.0, begun: int = 0) -> None:
        self.target = target
        self.typed = target[:begun]
        self.keys = 0
        self.corrections = 0
        self._rng = rng
        self._slip_rate = slip_rate
        self._unnoticed = 0  # keys until a slip is seen

    @property
    def done(self) -> bool:
        return self.typed == self.target

    def press(self, on_screen: str) -> Key:
        """The next key, already applied to `typed`. Call it only while not `done`."""
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
            return self._go_on_wrong()
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

    def _go_on_wrong(self) -> Key:
        if self._unnoticed > 0 and len(self.typed) < len(self.target):
            self._unnoticed -= 1
            return TypeKey(self.target[len(self.typed)])
        self._unnoticed = 0
        return EraseKey()

    def _slip(self, char: str) -> str | None:
        """The wrong key pressed for `char`, or None: no slip this time."""
        if not self._slip_rate or self._rng.random() >= self._slip_rate:
            return None
        beside = neighbours(char)
        return self._rng.choice(beside) if beside else None


def neighbours(char: str) -> list[str]:
    """The keys left and right of a letter or digit, in its case; none for other characters."""
    for row in _ROWS:
        at = row.find(char.lower())
        if at >= 0:
            beside = row[max(0, at - 1) : at] + row[at + 1 : at + 2]
            return list(beside.upper() if char.isupper() else beside)
    return []
