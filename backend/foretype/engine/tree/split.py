"""Divides the text before the caret into settled text and stem. Text only, no tokens."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Characters. No usual word is longer, and every further token costs the search a level.
LONGEST_STEM = 32
_STEM = re.compile(r" ?[\w'’]*\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Split:
    """`settled + stem` is the text before the caret. The stem is the beginning of a word with the space
    before it; it may be empty.
    """

    settled: str
    stem: str


def split(before: str) -> Split:
    """Cut where the stem starts."""
    start = stem_start(before)
    return Split(before[:start], before[start:])


def stem_start(before: str) -> int:
    """The index of the last word boundary, at most LONGEST_STEM characters before the end."""
    found = _STEM.search(before, max(0, len(before) - LONGEST_STEM))
    assert found is not None  # the pattern matches the empty end of any text
    return found.start()


def scalar_values(text: str) -> str:
    """`text` with its lone surrogates, which UTF-8 cannot encode, replaced. The length stays the same."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def is_supported(before: str) -> bool:
    """Whether the last letter before the caret is Latin, the only script that these models write.

    After a letter of another script the model's suggestion would be nonsense. Half a surrogate pair means
    that the caret stands inside a character.
    """
    if before and _SURROGATE.match(before[-1]):
        return False
    for letter in reversed(before[-LONGEST_STEM:]):
        if letter.isalpha():
            return is_latin(letter)
    return True


def is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")
