"""Which half words may be corrected, and which slip may lie between two words."""

import re

import numpy as np
import pytest

from foretype.engine.tree.slips import (
    DOUBLED,
    MISSING,
    NEIGHBOUR,
    OTHER,
    SWAPPED,
    VOWEL,
    Slip,
    may_be_slip,
    meant_by,
    slip_between,
)
from foretype.engine.tree.split import split
from foretype.runtime.distribution import Distribution
from tests.scripted_model import byte_level_vocabulary


@pytest.mark.parametrize(
    ("typed", "word", "slip"),
    [
        ("recie", "receive", Slip(5, SWAPPED)),
        ("teh", "the", Slip(3, SWAPPED)),
        ("questuon", "questions", Slip(8, NEIGHBOUR)),
        ("definat", "definitely", Slip(7, VOWEL)),
        ("tomqrrow", "tomorrow", Slip(8, OTHER)),
        ("qestion", "questions", Slip(8, MISSING)),
        ("accomod", "accommodation", Slip(8, DOUBLED)),
        ("thee", "the", Slip(3, DOUBLED)),
        ("meeeting", "meeting", Slip(7, DOUBLED)),
        ("yhe", "then", Slip(3, NEIGHBOUR)),
    ],
)
def test_one_slip_lies_between_a_half_word_and_the_word_that_was_meant(
    typed: str, word: str, slip: Slip
) -> None:
    assert slip_between(typed, word) == slip


@pytest.mark.parametrize(
    ("typed", "word"),
    [("que", "question"), ("question", "question"), ("qeustoin", "question"), ("abc", "the")],
)
def test_a_beginning_and_two_slips_are_no_slip(typed: str, word: str) -> None:
    assert slip_between(typed, word) is None


@pytest.mark.parametrize(
    "before",
    [
        "I will recie",
        "recie",
        "(recie",
        "first line\nrecie",
        "“recie",
        "So it is. Recie",
        "Thanks. Recie",
        "Really? “Recie",
    ],
)
def test_a_word_of_small_letters_or_after_a_sentence_of_its_line_may_be_corrected(before: str) -> None:
    assert may_be_slip(split(before), "")


@pytest.mark.parametrize(
    "before",
    [
        "I will re",  # short
        "I met Recie",  # a name
        "Recie",
        "So it is.\nRecie",
        "Best regards,\nRecie",
        "First name:\nRecie",
        "First name: Recie",
        "I met Dr. Recie",
        "I met J. Recie",
        "1. Recie",
        "the RECIE",
        "the reCie",
        "room recie4",
        "don't",
        "http://recie",
        "ann@recie",
        "www.recie",
        "a recie_",
        "Recieva said that recie",  # stands in the text
        "слово",
    ],
)
def test_other_words_are_never_corrected(before: str) -> None:
    assert not may_be_slip(split(before), "")


@pytest.mark.parametrize("after", ["", " tomorrow", "\n", ", I hope", ".", '."\nYes', ")"])
def test_a_word_whose_end_is_seen_may_be_corrected(after: str) -> None:
    assert may_be_slip(split("I will recie"), after)


@pytest.mark.parametrize("after", ["ve", ".com", "@example.org", "'s", "-proof", "/path", "://x", "_", ".)x"])
def test_a_part_of_something_longer_is_not_corrected(after: str) -> None:
    assert not may_be_slip(split("I will recie"), after)


@pytest.mark.parametrize(
    ("text", "is_there"), [("Qzxqa and", True), ("aqzxq qzxqe", True), ("aqzxq _qzxq", False)]
)
def test_no_cache_of_patterns_keeps_what_was_typed(text: str, is_there: bool) -> None:
    assert may_be_slip(split(f"{text} so qzxq"), "") is not is_there
    caches = [cache for name, cache in vars(re).items() if "cache" in name and isinstance(cache, dict)]
    assert any(caches)
    assert "qzxq" not in str(caches).lower()


def test_a_word_that_stands_after_the_caret_is_not_corrected() -> None:
    assert may_be_slip(split("I will recie"), "\nRegards")
    assert not may_be_slip(split("I will recie"), "\nRecieva")


VOCABULARY = byte_level_vocabulary(" receive", " received", " recent", " the", "The", " rec", "ie")


def distribution(probabilities: dict[str, float]) -> Distribution:
    logits = np.full(VOCABULARY.size, -20.0, np.float32)
    for text, probability in probabilities.items():
        (token,) = VOCABULARY.encode(text)
        logits[token] = np.log(probability)
    return Distribution.of(logits, VOCABULARY.ranks)


def test_the_likeliest_word_counts_with_all_that_begin_alike() -> None:
    meant = meant_by(" recie", distribution({" receive": 0.02, " received": 0.01, " the": 0.5}), VOCABULARY)
    assert meant is not None
    assert meant.stem == b" recei"
    assert meant.weight == pytest.approx(0.03 * SWAPPED / 0.53, rel=0.01)
    assert meant.share(0.0) > 0.99
    assert meant.share(meant.weight) == pytest.approx(0.5, abs=0.01)


def test_a_capital_is_kept() -> None:
    assert meant_by("Teh", distribution({"The": 0.5, " the": 0.5}), VOCABULARY).stem == b"The"  # type: ignore[union-attr]
    assert meant_by(" Teh", distribution({" the": 0.5}), VOCABULARY) is None
