"""The texts that quality is measured on: whole texts for bits per byte, and their beginnings to be typed.

They come from a folder, or from the text that ships with Foretype. All models of a comparison get the same
texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from foretype.compare.errors import NothingToReadError
from foretype.distil.errors import BadTextsError
from foretype.distil.texts import UnreadableTextError, find_texts, read_text
from foretype.prepare.gate import gate_text
from foretype.support.wording import many

SHORTEST = 150  # characters; typing a shorter text shows little
ANSWER_CHARS = 300  # before the caret when an answer is measured
ANSWERS = 5  # that are measured


@dataclass(frozen=True, slots=True)
class Amount:
    """The amounts of text that are read and typed."""

    read_bytes: int
    typed_texts: int
    typed_chars: int  # of each


@dataclass(frozen=True, slots=True)
class QualityTexts:
    """`read` are whole texts, except that the last one may be cut off. `typed` are beginnings of texts.
    `source` is a phrase for the report.
    """

    source: str
    read: tuple[str, ...]
    typed: tuple[str, ...]
    unreadable: int = 0  # files that are not UTF-8 or cannot be read

    @property
    def read_bytes(self) -> int:
        return sum(len(text.encode()) for text in self.read)


def folder_texts(folder: Path, amount: Amount) -> QualityTexts:
    """The `.txt` and `.md` files of a folder, sorted by path. Raises NothingToReadError."""
    try:
        files = find_texts(folder)
    except BadTextsError as error:
        raise NothingToReadError(str(error)) from error
    texts, unreadable = [], 0
    for file in files:
        try:
            text = read_text(file)
        except UnreadableTextError:
            unreadable += 1
            continue
        if text.strip():
            texts.append(text)
    if not texts:
        reasons = {0: "empty", len(files): "not UTF-8 or not readable"}
        reason = reasons.get(unreadable, "empty, not UTF-8 or not readable")
        raise NothingToReadError(f"No text in {folder} can be used ({many(len(files), 'file')}: {reason}).")
    typed = _typed(texts, amount)
    if not typed:
        raise NothingToReadError(
            f"No text in {folder} has at least {SHORTEST} characters, which typing needs. Add longer texts."
        )
    return QualityTexts(str(folder), tuple(_read(texts, amount.read_bytes)), tuple(typed), unreadable)


def shipped_texts(amount: Amount) -> QualityTexts:
    """The gate's text is read, and its paragraphs are typed."""
    text = gate_text()
    paragraphs = [part for part in text.split("\n\n") if len(part) > SHORTEST]
    return QualityTexts(
        "the text that ships with Foretype",
        tuple(_read([text], amount.read_bytes)),
        tuple(_typed(paragraphs, amount)),
    )


def half_word_texts() -> list[str]:
    """Texts that end inside a word. For each, an answer is measured in a new field."""
    text = gate_text().replace("\n", " ")
    texts = []
    for number in range(ANSWERS):
        start = text.index(" ", number * (len(text) - 2 * ANSWER_CHARS) // ANSWERS) + 1
        long_word = re.compile(r" \w{5,}").search(text, start + ANSWER_CHARS - 10)
        assert long_word is not None
        texts.append(text[start : long_word.start() + 4])
    return texts


def _read(texts: list[str], max_bytes: int) -> Iterator[str]:
    """Texts of at most `max_bytes` together. The last one is cut off between two characters."""
    left = max_bytes
    for text in texts:
        content = text.encode()
        if left <= 0:
            return
        yield content[:left].decode(errors="ignore")
        left -= len(content)


def _typed(texts: list[str], amount: Amount) -> list[str]:
    """The beginnings of texts that are long enough. Several spaces become one, because people type one."""
    stripped = (re.sub(r" {2,}", " ", text).strip() for text in texts)
    fitting = [text[: amount.typed_chars] for text in stripped if len(text) >= SHORTEST]
    return fitting[: amount.typed_texts]
