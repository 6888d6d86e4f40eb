from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretype.compare.typist.keys import EraseKey, TakeKey, TypeKey, Typist, neighbours


def typist(target: str, *, slip_rate: float = 0.0, seed: int = 0) -> Typist:
    return Typist(target, Random(seed), slip_rate=slip_rate)


def test_without_suggestions_every_character_is_a_key() -> None:
    ann = typist("Hi Ann")
    while not ann.done:
        ann.press("")
    assert (ann.typed, ann.keys, ann.corrections) == ("Hi Ann", 6, 0)


def test_a_right_word_is_taken_with_one_key() -> None:
    ann = typist("questions")
    ann.press("")
    assert ann.press("uestions about") == TakeKey("uestions")
    assert (ann.done, ann.keys) == (True, 2)


def test_only_the_first_word_of_a_suggestion_need_be_right() -> None:
    assert typist("one two").press("one three") == TakeKey("one")


@pytest.mark.parametrize("shown", ["quest", "questionable", "answers"])
def test_a_word_that_is_not_exactly_right_is_typed_by_hand(shown: str) -> None:
    assert typist("questions").press(shown) == TypeKey("q")


def test_a_slip_is_a_neighbouring_key_that_is_deleted_and_typed_again() -> None:
    ann = typist("hello there", slip_rate=1.0)
    assert ann.press("") in (TypeKey("g"), TypeKey("j"))
    following = []
    while not ann.target.startswith(ann.typed):
        following.append(ann.press("hello"))
    typed = sum(isinstance(key, TypeKey) for key in following)
    erased = sum(isinstance(key, EraseKey) for key in following)
    assert 1 <= typed <= 3
    assert erased == typed + 1
    assert ann.corrections == ann.keys == typed + erased + 1


@given(st.text("abz 9.\nQ", min_size=1, max_size=60), st.floats(0, 0.9), st.integers())
def test_whatever_slips_the_text_gets_written_and_corrections_are_the_keys_too_many(
    target: str, slip_rate: float, seed: int
) -> None:
    ann = typist(target, slip_rate=slip_rate, seed=seed)
    while not ann.done:
        ann.press("")
    assert ann.keys - ann.corrections == len(target)


def test_neighbours_keep_the_case_and_other_characters_have_none() -> None:
    assert neighbours("S") == ["A", "D"]
    assert neighbours("q") == ["w"]
    assert neighbours(" ") == []
