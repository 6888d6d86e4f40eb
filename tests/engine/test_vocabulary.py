"""The vocabulary in byte order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foretype.engine.vocabulary import Interval, Vocabulary, is_word_byte
from tests.scripted_model import byte_level_vocabulary

VOCABULARY = byte_level_vocabulary(" question", " questions", " quick", "é", "\n\n", "meeting")


def naive_interval(vocabulary: Vocabulary, prefix: bytes) -> set[bytes]:
    return {text for text in vocabulary.texts if text.startswith(prefix)}


def test_special_tokens_have_no_rank() -> None:
    assert VOCABULARY.rank(0) is None
    assert len(VOCABULARY) == VOCABULARY.size - 1


def test_the_tokens_that_begin_with_a_text_are_one_interval() -> None:
    found = VOCABULARY.interval(b" que")
    assert set(VOCABULARY.texts[found.low : found.high]) == naive_interval(VOCABULARY, b" que")
    assert b" question" in VOCABULARY.texts[found.low : found.high]


@given(st.binary(max_size=4))
def test_the_interval_of_any_bytes_holds_what_begins_with_them(prefix: bytes) -> None:
    found = VOCABULARY.interval(prefix)
    assert set(VOCABULARY.texts[found.low : found.high]) == naive_interval(VOCABULARY, prefix)


def test_bytes_of_all_ones_have_an_interval_though_they_have_no_successor() -> None:
    found = VOCABULARY.interval(b"\xff")
    assert found.high == len(VOCABULARY)
    assert len(VOCABULARY.interval(b"\xff\xff")) == 0


def test_prefixes_are_the_tokens_that_are_a_shorter_part_of_a_text() -> None:
    found = [VOCABULARY.texts[rank] for rank in VOCABULARY.prefixes(b" question")]
    assert found == sorted(found, key=len)
    assert b" " in found
    assert b" question" not in found


def test_ids_and_bytes_are_each_others_inverse() -> None:
    text = "any questions é 🙂 \x00\n\nmeeting"
    assert VOCABULARY.text_of(VOCABULARY.encode(text)) == text.encode()


def test_line_breaks_before_a_word_are_encoded_as_they_are_inside_a_text() -> None:
    alone = VOCABULARY.encode("Hi\n\n")
    before_word = VOCABULARY.encode_before_word("Hi\n\n")
    assert before_word == VOCABULARY.encode("Hi\n\nmeeting")[: len(before_word)]
    assert alone != before_word


def test_a_text_that_ends_inside_a_word_is_encoded_as_it_stands() -> None:
    assert VOCABULARY.encode_before_word("meet") == VOCABULARY.encode("meet")


def test_letters_digits_apostrophes_and_all_beyond_ascii_belong_to_words() -> None:
    assert all(is_word_byte(byte) for byte in "aZ9'_é🙂".encode())
    assert not any(is_word_byte(byte) for byte in b" .,-\n\x00")


def test_an_interval_knows_its_length() -> None:
    assert len(Interval(3, 5)) == 2
