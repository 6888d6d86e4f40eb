"""Where the settled text ends and the stem begins: pure text, no tokens."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Characters; beyond it nobody's word is being guessed, and every further token costs the search a level.
LONGEST_STEM = 32
_STEM = re.compile(r" ?[\w'’]*\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Split:
    """`settled + stem` is the text before the caret; the stem is a word's beginning with the space before it,
    and may be empty.
    """

    settled: str
    stem: str


def split(before: str) -> Split:
    """Cut at the last word boundary, but never more than LONGEST_STEM characters back."""
    tail_start = max(0, len(before) - LONGEST_STEM)
    found = _STEM.search(before, tail_start)
    assert found is not None  # the pattern matches the empty end of any text
    return Split(before[: found.start()], found.group())


def scalar_values(text: str) -> str:
    """`text` with its lone surrogates, which no encoding can carry, replaced; the length stays."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def is_supported(before: str) -> bool:
    """Whether the last letter before the caret is of a script that these models write: Latin.

    A letter of another script in the last word means a text that the model would answer with nonsense; a half
    surrogate pair means the caret stands inside a character.
    """
    if before and _SURROGATE.match(before[-1]):
        return False
    for letter in reversed(before[-LONGEST_STEM:]):
        if letter.isalpha():
            return unicodedata.name(letter, "").startswith("LATIN")
    return True
