"""Cuts a text into pieces, the units that are counted, and leaves out what may be a secret. Pure functions.

A piece is a word with the space before it, a mark between words, or a line break. Tokenisers of the GPT-2
family never join two of them in one token, so a text may be tokenised piece by piece.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LONGEST_WORD = 32
LONGEST_PHRASE = 16  # pieces of a phrase that was added by hand
CONTEXT = 3  # pieces before a piece that are kept with it
START = "\x02"  # stands before the first piece of a text
FOREIGN = "\x00"  # stands for a character that the user has not typed

# A word: letters, joined by an apostrophe or a hyphen. With a digit, an @, a slash or a dot inside, a chunk
# is a number, an address or perhaps a password: such chunks are never learnt.
_WORD = re.compile(r"[^\W\d_]+(?:['’‑-][^\W\d_]+)*")
_OPENING, _CLOSING = "([{\"'“„‘«¿¡", ".,;:!?)]}\"'”’»…"
_CHUNK = re.compile(r"\n+|[^ \t\n]+")
_HUMPS = re.compile("[a-z][A-Z]")
_VOWELS = frozenset("aeiouy")


@dataclass(frozen=True, slots=True)
class Run:
    """A piece and the pieces before it, at most `CONTEXT`, which may begin with `START`."""

    before: tuple[str, ...]
    piece: str

    @property
    def pieces(self) -> tuple[str, ...]:
        return (*self.before, self.piece)


@dataclass(frozen=True, slots=True)
class Cut:
    """A piece, or None for a gap, and where its chunk stands in the text."""

    piece: str | None
    start: int
    end: int


def is_word(piece: str) -> bool:
    return piece.strip()[:1].isalpha()


def runs_of(pieces: Sequence[str | None], counted: Sequence[bool] | None = None) -> Iterator[Run]:
    """A run for each piece, without those that are not to be `counted`. No run goes over a gap, None."""
    before: tuple[str, ...] = (START,)
    for index, piece in enumerate(pieces):
        if piece is None:
            before = ()
            continue
        if counted is None or counted[index]:
            yield Run(before, piece)
        before = (*before, piece)[-CONTEXT:]


def cut(text: str) -> list[Cut]:
    """The pieces of a text. Each chunk between spaces that may be a secret, and each one that holds a
    `FOREIGN`, is a gap.
    """
    found: list[Cut] = []
    for chunk in _CHUNK.finditer(text):
        start, end = chunk.span()
        if text[start] == "\n":
            pieces: list[str | None] = ["\n"]
        else:
            pieces = _pieces_of(chunk.group(), " " if start and text[start - 1] in " \t" else "")
        found += [Cut(piece, start, end) for piece in pieces]
    return found


def _pieces_of(chunk: str, space: str) -> list[str | None]:
    start = 0
    while start < len(chunk) and chunk[start] in _OPENING:
        start += 1
    end = len(chunk)
    while end > start and chunk[end - 1] in _CLOSING:
        end -= 1
    core = chunk[start:end]
    if not core:
        return [space + chunk] if len(chunk) <= 3 else [None]
    if not is_learnable(core):
        return [None]
    pieces: list[str | None] = []
    if start:
        pieces.append(space + chunk[:start])
        space = ""
    pieces.append(space + core)
    if end < len(chunk):
        pieces.append(chunk[end:])
    return pieces


def is_learnable(word: str) -> bool:
    """Whether a word may be learnt. It has only letters, is not too long, and does not look like a password
    or a key, which have several changes from small to capital letters, or many letters without a vowel.
    """
    if len(word) > LONGEST_WORD or not _WORD.fullmatch(word) or len(_HUMPS.findall(word)) > 1:
        return False
    return len(word) <= 6 or not word.isascii() or any(letter in _VOWELS for letter in word.lower())


def phrase_of(text: str) -> tuple[str, ...] | None:
    """The pieces of a word or a phrase that the user gives by hand, the first with a space before it. None if
    there is none, or if it is too long or has a control character. By hand, anything else is allowed.
    """
    words = unicodedata.normalize("NFC", text).split()
    if not words or len(words) > LONGEST_PHRASE or any(len(word) > 2 * LONGEST_WORD for word in words):
        return None
    if not all(word.isprintable() for word in words):
        return None
    return tuple(f" {word}" for word in words)


def as_text(pieces: Sequence[str]) -> str:
    return "".join(pieces).strip()
