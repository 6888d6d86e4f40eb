"""Whether the model writes the language of a text, and whether that is English. Text only: a detector says
how likely it is, and this module decides what it is asked for and what follows from its answer.

The figures are from docs/decisions/0047-languages-of-a-model.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

EVIDENCE = 120
"""Characters before the caret that are looked at. A longer text is recognised more surely, but the server
takes longer to notice that the language has changed."""
LINE_LETTERS = 40
"""A line with so many letters is looked at alone, because the language often changes at a line's start."""
LEAST_LETTERS = 20
"""With fewer letters, the language is not known: names and greetings look alike in many languages."""
LEAST_SHARE = 0.02
"""In a text that is less likely in one of the model's languages, nothing is suggested."""
ENGLISH_SHARE = 0.5
"""A text that is less likely English is searched without the table of word ends, which is for English."""

MOST_KEPT = 4  # texts: that before the caret, and those that would follow the likeliest keys


class Shares(NamedTuple):
    """The probabilities, 0 to 1, that a text is in a language that gets suggestions, and in English."""

    written: float
    english: float


SharesOf = Callable[[str], Shares]
"""Gives the shares of a text without line breaks."""


def any_language(_: str) -> Shares:
    """For an engine without a detector."""
    return NOT_KNOWN


NOT_KNOWN = Shares(1.0, 1.0)


class Language:
    """Of one field. The detector is asked once a word, and again only if the caret moves. Used on the event
    loop.
    """

    __slots__ = ("_known", "_shares_of")

    def __init__(self, shares_of: SharesOf = any_language) -> None:
        self._shares_of = shares_of
        self._known: dict[str, Shares] = {}

    def is_written(self, settled: str) -> bool:
        """Whether the model writes the language of `settled`, or that is not known. `settled`: the text
        before the caret without the word that is being typed, and without lone surrogates.
        """
        return self._shares(settled).written >= LEAST_SHARE

    def is_english(self, settled: str) -> bool:
        """Whether `settled` is English, or its language is not known."""
        return self._shares(settled).english >= ENGLISH_SHARE

    def _shares(self, settled: str) -> Shares:
        if self._shares_of is any_language:
            return NOT_KNOWN
        end = settled[-EVIDENCE:]
        known = self._known.get(end)
        if known is None:
            if len(self._known) == MOST_KEPT:
                self._known.clear()
            text = evidence(end)
            known = self._known[end] = self._shares_of(text) if text else NOT_KNOWN
        return known


def evidence(settled: str) -> str:
    """The end of `settled` by which its language is known, on one line; empty if it has too few letters.

    Mostly capitals become small letters, because detectors learn from texts with few capitals.
    """
    text = settled[-EVIDENCE:]
    line = text[text.rstrip().rfind("\n") + 1 :]
    if _letters(line) >= LINE_LETTERS:
        text = line
    letters = _letters(text)
    if letters < LEAST_LETTERS:
        return ""
    if 2 * sum(map(str.isupper, text)) > letters:
        text = text.lower()
    return " ".join(text.split())


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))
