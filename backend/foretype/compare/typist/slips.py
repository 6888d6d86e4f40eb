"""The slips of a typist: which letters of a text are mistyped, and what is typed in their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random

_ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")


class Kind(StrEnum):
    WRONG = "wrong"  # a neighbouring key
    MISSING = "missing"
    DOUBLED = "doubled"
    SWAPPED = "swapped"  # with the next letter


SHARES = {Kind.WRONG: 5, Kind.MISSING: 2, Kind.DOUBLED: 2, Kind.SWAPPED: 1}


@dataclass(frozen=True, slots=True)
class Slip:
    """`typed` is typed in place of the next `covers` characters of the text."""

    typed: str
    covers: int


Slips = Mapping[int, Slip]
"""By the index in the text of the character in whose place something else is typed."""


def slips_in(text: str, rate: float, rng: Random) -> Slips:
    """Each letter of a word slips with the probability `rate`, whether it is typed by hand or not: so typists
    with and without suggestions slip at the same places.
    """
    slips: dict[int, Slip] = {}
    if not rate:
        return slips
    for at, char in enumerate(text):
        if char.isalpha() and rng.random() < rate:
            kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
            index = at + 1 if kind is Kind.DOUBLED else at
            slip = _slip(kind, char, text[at + 1 : at + 2], rng)
            if slip is not None:
                slips.setdefault(index, slip)
    return slips


def _slip(kind: Kind, char: str, following: str, rng: Random) -> Slip | None:
    """None if it would change nothing, or if there is no such key: then the letter is typed as it is."""
    match kind:
        case Kind.WRONG:
            beside = neighbours(char)
            return Slip(rng.choice(beside), 1) if beside else None
        case Kind.DOUBLED:
            return Slip(char, 0) if following != char else None
        case _:
            if not following.isalpha() or following == char:
                return None
            return Slip(following if kind is Kind.MISSING else following + char, 2)


def neighbours(char: str) -> list[str]:
    """The keys left and right of a letter or digit, in its case. Empty for other characters."""
    for row in _ROWS:
        at = row.find(char.lower())
        if at >= 0:
            beside = row[max(0, at - 1) : at] + row[at + 1 : at + 2]
            return list(beside.upper() if char.isupper() else beside)
    return []
