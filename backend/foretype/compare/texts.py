"""What quality is measured on: texts that are read whole, and their beginnings, which are typed.

From a folder, or from the text that ships with Foretype. All models of a comparison get the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from foretype.compare.errors import NothingToReadError
from foretype.distil.errors import BadTextsError
from foretype.distil.texts import find_texts
from foretype.prepare.gate import gate_text
from foretype.support.wording import many

SHORTEST = 150  # characters; typing a shorter text says little
ANSWER_CHARS = 300  # that stand before the caret where one answer is asked for
ANSWERS = 5  # places where one is


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is read and typed."""

    read_bytes: int
    typed_texts: int
    typed_chars: int  # of each


@dataclass(frozen=True, slots=True)
class Texts:
    """`read` are whole texts, the last one cut; `typed` are beginnings. `source` says where they are from."""

    source: str
    read: tuple[str, ...]
    typed: tuple[str, ...]
    unreadable: int = 0  # files that are not UTF-8, or may not be read

    @property
    def read_bytes(self) -> int:
        return sum(len(text.encode()) for text in self.read)


def folder_texts(folder: Path, amount: Amount) -> Texts:
    """The `.txt` and `.md` files of a folder, in the order of their names. Raises NothingToReadError."""
    try:
        files = find_texts(folder)
    except BadTextsError as error:
        raise NothingToReadError(str(error)) from error
    texts, unreadable = [], 0
    for file in files:
        try:
            text = file.read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError):
            unreadable += 1
            continue
        if text.strip():
            texts.append(text)
    if not texts:
        why = {0: "empty", len(files): "not UTF-8, or not to be read by you"}
        which = why.get(unreadable, "empty, not UTF-8, or not to be read by you")
        raise NothingToReadError(f"No text in {folder} can be taken ({many(len(files), 'file')}: {which}).")
    typed = _typed(texts, amount)
    if not typed:
        raise NothingToReadError(
            f"None of the texts in {folder} has {SHORTEST} characters, which is the least that typing needs."
        )
    return Texts(str(folder), tuple(_read(texts, amount.read_bytes)), tuple(typed), unreadable)


def shipped_texts(amount: Amount) -> Texts:
    """The gate's text, read whole; its paragraphs are typed."""
    text = gate_text()
    paragraphs = [part for part in text.split("\n\n") if len(part) > SHORTEST]
    return Texts(
        "the text that ships with Foretype",
        tuple(_read([text], amount.read_bytes)),
        tuple(_typed(paragraphs, amount)),
    )


def half_words() -> list[str]:
    """Texts that end inside a word: each is a caret's place where a model that has read nothing is asked."""
    text = gate_text().replace("\n", " ")
    places = []
    for number in range(ANSWERS):
        start = text.index(" ", number * (len(text) - 2 * ANSWER_CHARS) // ANSWERS) + 1
        long_word = re.compile(r" \w{5,}").search(text, start + ANSWER_CHARS - 10)
        assert long_word is not None
        places.append(text[start : long_word.start() + 4])
    return places


def _read(texts: list[str], most_bytes: int) -> Iterator[str]:
    """Texts until so many bytes are reached; the last one is cut at a character."""
    left = most_bytes
    for text in texts:
        content = text.encode()
        if left <= 0:
            return
        yield content[:left].decode(errors="ignore")
        left -= len(content)


def _typed(texts: list[str], amount: Amount) -> list[str]:
    """The beginnings of texts that are long enough; runs of spaces become one, as people type them."""
    stripped = (re.sub(r" {2,}", " ", text).strip() for text in texts)
    fitting = [text[: amount.typed_chars] for text in stripped if len(text) >= SHORTEST]
    return fitting[: amount.typed_texts]
