"""The place at which the settled text ends and the stem begins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretype.engine.tree.split import LONGEST_STEM, is_supported, scalar_values, split

any_text = st.text(st.characters(exclude_categories=()), max_size=80)


@pytest.mark.parametrize(
    ("before", "stem"),
    [
        ("", ""),
        ("Please let me know if you have any que", " que"),
        ("Thanks for the ", " "),
        ("Thanks.", ""),
        ("Hi Ann,\n\nTha", "Tha"),
        ("two  spa", " spa"),
        ("I don't", " don't"),
        ("naï", "naï"),
        ("(see", "see"),
    ],
)
def test_the_stem_is_the_last_word_with_the_space_before_it(before: str, stem: str) -> None:
    assert split(before).stem == stem


@given(any_text)
def test_settled_and_stem_are_the_text(before: str) -> None:
    found = split(before)
    assert found.settled + found.stem == before
    assert len(found.stem) <= LONGEST_STEM


def test_of_an_endless_word_all_but_the_last_part_is_settled() -> None:
    assert len(split("a" * 100_000).stem) == LONGEST_STEM


@given(any_text)
def test_any_text_can_be_encoded_after_its_lone_surrogates_are_replaced(text: str) -> None:
    scalar = scalar_values(text)
    scalar.encode()
    assert len(scalar) == len(text)


@pytest.mark.parametrize("before", ["Hello", "Grüße", "1234", "", "   ", "Я пишу hello"])
def test_latin_text_and_text_without_letters_is_supported(before: str) -> None:
    assert is_supported(before)


@pytest.mark.parametrize("before", ["你好", "Привет", "hello שלום", "안녕", "half a pair \ud83d"])
def test_other_scripts_and_halves_of_characters_are_not(before: str) -> None:
    assert not is_supported(before)
