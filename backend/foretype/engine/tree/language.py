"""Whether the model writes the language of a text. Text only: a detector says how likely a text is in one of
the model's languages, and this module decides what it is asked for and what follows from its answer.

The figures are from docs/decisions/0047-languages-of-a-model.md.
"""

from __future__ import annotations

from collections.abc import Callable

EVIDENCE = 120
"""Characters before the caret that are looked at. A longer text is recognised more surely, but the server
takes longer to notice that the language has changed."""
LINE_LETTERS = 40
"""A line with so many letters is looked at alone, because the language often changes at a line's start."""
LEAST_LETTERS = 20
"""With fewer letters, the language is not known: names and greetings look alike in many languages."""
LEAST_SHARE = 0.02
"""In a text that is less likely in one of the model's languages, nothing is suggested."""

MOST_KEPT = 4  # texts: that before the caret, and those that would follow the likeliest keys

Share = Callable[[str], float]
"""The probability, 0 to 1, that a text without line breaks is in a language that the model writes."""


def any_language(_: str) -> float:
    """The share for a model whose recipe names no languages."""
    return 1.0


class Language:
    """Of one field. The detector is asked once a word, and again only if the caret moves. Used on the event
    loop.
    """

    __slots__ = ("_share", "_written")

    def __init__(self, share: Share = any_language) -> None:
        self._share = share
        self._written: dict[str, bool] = {}

    def is_written(self, settled: str) -> bool:
        """Whether the model writes the language of `settled`, or that is not known. `settled`: the text
        before the caret without the word that is being typed, and without lone surrogates.
        """
        if self._share is any_language:
            return True
        end = settled[-EVIDENCE:]
        known = self._written.get(end)
        if known is None:
            if len(self._written) == MOST_KEPT:
                self._written.clear()
            text = evidence(end)
            known = self._written[end] = not text or self._share(text) >= LEAST_SHARE
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
