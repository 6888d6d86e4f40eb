"""The text that one press of Tab takes, by the rule of `extension/src/ghost/text/words.ts`, and whether a
text continues in whole words.
"""

from __future__ import annotations

import re

# A word with the space and punctuation before it. e-mail, don't, and/or, example.org and 1,000 are one word.
_NEXT_WORD = re.compile(r"\W*\w+(?:(?:[-‐‑'’./@&]|(?<=\d),(?=\d))\w+)*")


def next_word(text: str) -> str:
    """The first word of `text` with the space and punctuation before it. All of `text` if it has no word."""
    found = _NEXT_WORD.match(text)
    return found.group(0) if found else text


def continues(text: str, longer: str) -> bool:
    """Whether `longer` begins with `text`, and `text` does not end inside a word of `longer`. False if `text`
    is empty.
    """
    if not text or not longer.startswith(text):
        return False
    return not (text[-1].isalnum() and longer[len(text) : len(text) + 1].isalnum())
