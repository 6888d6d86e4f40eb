from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretype.compare.typist.keys import (
    Correction,
    CorrectKey,
    EraseKey,
    TakeKey,
    TypeKey,
    Typist,
    keys_by_hand,
)
from foretype.compare.typist.slips import Slip, slips_in


def test_without_suggestions_every_character_is_a_key() -> None:
    ann = Typist("Hi Ann")
    while not ann.done:
        ann.press("")
    assert (ann.typed, ann.keys) == ("Hi Ann", 6)


def test_a_right_word_is_taken_with_one_key() -> None:
    ann = Typist("questions")
    ann.press("")
    assert ann.press("uestions about") == TakeKey("uestions")
    assert (ann.done, ann.keys) == (True, 2)


def test_only_the_first_word_of_a_suggestion_need_be_right() -> None:
    assert Typist("one two").press("one three") == TakeKey("one")


@pytest.mark.parametrize("shown", ["quest", "questionable", "answers"])
def test_a_word_that_is_not_exactly_right_is_typed_by_hand(shown: str) -> None:
    assert Typist("questions").press(shown) == TypeKey("q")


SWAPPED = {3: Slip("ie", 2)}  # in "receive it"


def test_a_slip_is_noticed_at_the_end_of_the_word_and_typed_again() -> None:
    ann = Typist("receive it", SWAPPED)
    pressed = []
    while not ann.done:
        pressed.append(ann.press("eive" if len(pressed) > 7 else ""))
    erased = [at for at, key in enumerate(pressed) if isinstance(key, EraseKey)]
    assert erased == [7, 8, 9, 10]  # after "recieve"
    assert ann.keys == keys_by_hand("receive it", SWAPPED) - 3  # "eive" is taken when the text is right again


def test_a_correction_is_taken_with_one_key_and_only_after_a_slip() -> None:
    ann = Typist("receive it", SWAPPED)
    needless = Correction(2, "recent")
    while ann.typed != "recie":
        assert not isinstance(ann.press("", needless), CorrectKey)
    assert ann.press("", Correction(5, "receives")) == TypeKey("v")
    assert ann.press("", Correction(6, "receive")) == CorrectKey(Correction(6, "receive"))
    assert ann.typed == "receive"
    while not ann.done:
        ann.press("")
    assert ann.keys == 6 + 1 + 3


@given(st.text("abz 9.\nQ'", min_size=1, max_size=60), st.floats(0, 1), st.integers())
def test_whatever_slips_the_text_gets_written(target: str, rate: float, seed: int) -> None:
    slips = slips_in(target, rate, Random(seed))
    ann = Typist(target, slips)
    while not ann.done:
        ann.press("")
    assert ann.keys == keys_by_hand(target, slips) >= len(target)
