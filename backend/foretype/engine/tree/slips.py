"""Half words that may be a slip of the fingers, and the words that were meant. Pure functions.

A word is as probable as the model says, times the probability of the slip: a noisy channel (Kernighan, Church
and Gale, "A spelling correction program based on a noisy channel model", 1990).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from foretype.engine.tree.split import Split
from foretype.engine.vocabulary import Vocabulary
from foretype.runtime.distribution import Distribution, Likely

LEAST_LETTERS = 3  # of a half word: fewer fit too many words
LAST_LETTER = "\u024f"  # Latin; all letters up to here are one UTF-16 unit
LEAST_LIKELY = 1e-5  # a word that is less probable is not offered
NOTICED = 0.1  # times the stem's probability: words that reach less with their slip hardly change anything
FOLLOWED = 32  # tokens that are looked at for each beginning of the half word
MOST_LIKELY_RIGHT = 0.005  # a half word that is more probable is not looked at

# The probability that one certain slip happens at one certain letter. Only their ratios to each other and to
# the probabilities of words count (docs/decisions/0040-slips.md).
NEIGHBOUR = 0.002  # a wrong letter whose key lies beside the right one
VOWEL = 0.0007  # a wrong vowel: this is rather a mistake in spelling
MISSING = 0.002
DOUBLED = 0.003  # also the reverse: a double letter that was typed once
SWAPPED = 0.003
BESIDE = 0.0005  # a letter too many, whose key lies beside that of the letter before or after it
OTHER = 0.0001

_ROWS = (("qwertyuiop", 0.0), ("asdfghjkl", 0.25), ("zxcvbnm", 0.75))
_PLACES = {
    letter: (row + at, line) for line, (keys, row) in enumerate(_ROWS) for at, letter in enumerate(keys)
}
_VOWELS = frozenset("aeiouy")
_OPENING = " \"'“‘(["
_WORD_IS_OVER = re.compile(r"[.,;:!?…)\]}\"'”’»]*(?:\s|\Z)")  # what may stand after the caret
_SENTENCE_ENDS = (".", "!", "?")
_LONGEST_TITLE = 4  # letters: “Prof.”


@dataclass(frozen=True, slots=True)
class Meant:
    """The beginning of a word that was probably meant in place of the stem.

    stem: the same place in the right word, in bytes. weight: the probability of what begins with it and of
    the slip. rivals: the sum of this over all other words.
    """

    stem: bytes
    weight: float
    rivals: float

    def share(self, right: float) -> float:
        """The probability, 0 to 1, that this was meant, if the stem as it is has the probability `right`."""
        return self.weight / (self.weight + self.rivals + right)


def may_be_slip(cut: Split, after: str) -> bool:
    """Whether the stem is a word that may be corrected. An address, a word with digits, a word that stands
    elsewhere in the text and what may be a name are none. A word with a capital may be a name, except after
    the end of a sentence on the same line: a line often begins with a name, as in a greeting, a signature or
    an address.
    """
    letters = cut.stem.removeprefix(" ")
    if not _WORD_IS_OVER.match(after):
        return False
    if len(letters) < LEAST_LETTERS or not letters.isalpha() or max(letters) > LAST_LETTER:
        return False
    if not letters[1:].islower() or (letters[0].isupper() and not _begins_sentence(cut.settled)):
        return False
    if letters == cut.stem and cut.settled[-1:] not in ("", "\n", "\t", *_OPENING):
        return False
    return not _has_word(cut.settled, letters) and not _has_word(after, letters)


def _begins_sentence(settled: str) -> bool:
    """A full stop ends no sentence after a short word with a capital, which may be a title (“Dr. Grey”), or
    after a number, which may be that of a line in a list.
    """
    before = settled.rstrip(_OPENING)
    if not before.endswith(_SENTENCE_ENDS):
        return False
    last = before[-_LONGEST_TITLE - 2 :].split()[-1]
    if before[-1] != "." or len(last) > _LONGEST_TITLE + 1:
        return True
    return last == last.lower() and any(letter.isalpha() for letter in last)


def _has_word(text: str, beginning: str) -> bool:
    """Whether a word of `text` begins so, in small letters or capitals. This is no regular expression because
    Python's cache of patterns would keep what was typed.
    """
    text, beginning = text.casefold(), beginning.casefold()
    at = text.find(beginning)
    while at > 0 and (text[at - 1].isalnum() or text[at - 1] == "_"):
        at = text.find(beginning, at + 1)
    return at >= 0


def meant_by(
    stem: str, distribution: Distribution, vocabulary: Vocabulary, least_right: float = 0.0
) -> Meant | None:
    """The likeliest beginning of a word of which `stem` is a slip, if the model's distribution has one.
    `distribution`: of the token at the place where the stem begins; it must be whole. `least_right`: the
    stem has at least this probability. If it is high, few words are looked at.
    """
    letters = stem.removeprefix(" ")
    space = stem[: len(stem) - len(letters)]
    weights: dict[str, float] = {}
    lengths: dict[str, int] = {}  # how many letters of each word the half word stands for
    least = max(LEAST_LIKELY, least_right * NOTICED / max(SWAPPED, DOUBLED))
    for rank, log_prob in _likely(stem, letters, distribution, vocabulary, math.log(least)):
        word = _word_of(vocabulary.texts[rank], space)
        if word is None or _is_capital(word) != _is_capital(letters):
            continue
        slip = slip_between(letters.lower(), word.lower())
        if slip is not None:
            weights[word], lengths[word] = math.exp(log_prob) * slip.prior, slip.length
    if not weights:
        return None
    best = max(weights, key=weights.__getitem__)
    start = best[: lengths[best]]
    weight = sum(each for word, each in weights.items() if word.startswith(start))
    return Meant((space + start).encode(), weight, sum(weights.values()) - weight)


def _likely(
    stem: str, letters: str, distribution: Distribution, vocabulary: Vocabulary, least: float
) -> Iterable[tuple[int, float]]:
    """Tokens that may begin the word, and the logarithms of their probabilities: the likeliest of all, and
    the likeliest after each beginning of the half word that may be right. `least`: the lowest logarithm.
    """
    space = stem[: len(stem) - len(letters)]
    starts = [stem[: len(space) + end] for end in range(1, len(letters))]
    others = _beside(letters[0].lower()) | {letters[1].lower()}
    starts += [space + (other.upper() if letters[0].isupper() else other) for other in others]
    found = dict(_listed(distribution.top, least))
    for start in starts:
        found.update(_listed(distribution.best_in(vocabulary.interval(start.encode()), FOLLOWED), least))
    return found.items()


def _listed(likely: Likely, least: float) -> Iterable[tuple[int, float]]:
    """The best first, so all up to the first that is below `least`."""
    count = int(np.count_nonzero(likely.log_probs >= least))
    return zip(likely.ranks[:count].tolist(), likely.log_probs[:count].tolist(), strict=True)


def _is_capital(word: str) -> bool | None:
    """Whether a word begins with a capital. None if another letter is one."""
    return word[0].isupper() if word[1:] == word[1:].lower() else None


def _word_of(token: bytes, space: str) -> str | None:
    """The letters of a token that begins a word after `space`. None if it begins none."""
    try:
        text = token.decode()
    except UnicodeDecodeError:
        return None
    letters = text.removeprefix(space)
    return letters if text.startswith(space) and letters.isalpha() else None


@dataclass(frozen=True, slots=True)
class Slip:
    """length: letters of the right word that the half word stands for. prior: the slip's probability."""

    length: int
    prior: float


def slip_between(typed: str, word: str) -> Slip | None:
    """The likeliest single slip by which the beginning of `word` was typed as `typed`. None if there is none,
    or if `word` begins with `typed`. Both in small letters.
    """
    at = next((i for i, (one, other) in enumerate(zip(typed, word, strict=False)) if one != other), None)
    if at is None:
        if len(typed) != len(word) + 1:
            return None
        at = len(word)
    length = len(typed)
    possible = []
    if len(word) >= length and word[at + 1 : length] == typed[at + 1 :]:
        possible.append(Slip(length, _wrong(typed[at], word[at])))
    swapped = typed[at + 1 : at + 2] + typed[at : at + 1] + typed[at + 2 :]
    if at + 1 < length and word[at:length] == swapped:
        possible.append(Slip(length, SWAPPED))
    if len(word) > length and word[at + 1 : length + 1] == typed[at:]:
        possible.append(Slip(length + 1, DOUBLED if word[at] == word[at - 1 : at] else MISSING))
    if len(word) >= length - 1 and word[at : length - 1] == typed[at + 1 :]:
        possible.append(Slip(length - 1, _too_many(typed, at)))
    return max(possible, key=lambda slip: slip.prior, default=None)


def _wrong(typed: str, right: str) -> float:
    if right in _beside(typed):
        return NEIGHBOUR
    return VOWEL if typed in _VOWELS and right in _VOWELS else OTHER


def _too_many(typed: str, at: int) -> float:
    around = typed[at - 1 : at] + typed[at + 1 : at + 2]
    if typed[at] in typed[at - 1 : at]:
        return DOUBLED
    return BESIDE if any(letter in _beside(typed[at]) for letter in around) else OTHER


def _beside(letter: str) -> frozenset[str]:
    """The letters whose keys touch that of `letter`, on the usual keyboard."""
    return _BESIDE.get(letter, frozenset())


_BESIDE = {
    letter: frozenset(
        other
        for other, (there, below) in _PLACES.items()
        if other != letter and abs(there - at) <= 1 and abs(below - line) <= 1
    )
    for letter, (at, line) in _PLACES.items()
}
