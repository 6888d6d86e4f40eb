"""The texts that are read and typed, from a folder and without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from foretype.compare.errors import NothingToReadError
from foretype.compare.texts import (
    ANSWER_CHARS,
    ANSWERS,
    SHORTEST,
    Amount,
    folder_texts,
    half_word_texts,
    shipped_texts,
)

AMOUNT = Amount(read_bytes=1000, typed_texts=2, typed_chars=200)
LONG = "A text that is typed, again and again. " * 10


def test_whole_texts_are_read_up_to_the_limit_and_beginnings_are_typed(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.txt").write_text(f"{number} {LONG}", "utf-8")
    texts = folder_texts(tmp_path, AMOUNT)
    assert texts.read_bytes == 1000
    assert texts.read[0] == f"0 {LONG}"
    assert texts.typed == (f"0 {LONG}"[:200], f"1 {LONG}"[:200])


def test_a_text_is_cut_at_a_character(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("ü" * 300, "utf-8")
    texts = folder_texts(tmp_path, Amount(read_bytes=101, typed_texts=1, typed_chars=200))
    assert texts.read == ("ü" * 50,)


def test_short_texts_are_read_but_not_typed_and_what_is_no_text_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("größer".encode("latin-1"))
    (tmp_path / "b.txt").write_text("short")
    (tmp_path / "c.txt").write_text(f"many    spaces {LONG}")
    texts = folder_texts(tmp_path, AMOUNT)
    assert texts.unreadable == 1
    assert texts.read[0] == "short"
    (typed,) = texts.typed
    assert typed.startswith("many spaces A text")


def test_a_folder_without_a_text_to_type_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xff")
    with pytest.raises(NothingToReadError, match=r"can be used \(1 file: not UTF-8"):
        folder_texts(tmp_path, AMOUNT)
    (tmp_path / "b.txt").write_text("short")
    with pytest.raises(NothingToReadError, match=f"has at least {SHORTEST} characters"):
        folder_texts(tmp_path, AMOUNT)


def test_without_a_folder_the_text_that_ships_is_read_and_its_paragraphs_are_typed() -> None:
    texts = shipped_texts(Amount(read_bytes=10_000, typed_texts=3, typed_chars=200))
    assert len(texts.read) == 1
    assert [len(text) for text in texts.typed] == [200] * 3


def test_answers_are_measured_inside_long_words() -> None:
    places = half_word_texts()
    assert len(set(places)) == ANSWERS
    for place in places:
        assert ANSWER_CHARS - 10 <= len(place) <= ANSWER_CHARS + 60
        assert place[-3:].isalpha()
        assert place[-4] == " "
