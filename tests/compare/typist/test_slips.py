from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretype.compare.typist.slips import neighbours, slips_in

TEXT = "Please let me know whether you will be there on Friday " * 20


def test_the_same_letters_slip_however_the_text_is_typed() -> None:
    assert slips_in(TEXT, 0.05, Random(3)) == slips_in(TEXT, 0.05, Random(3))
    assert slips_in(TEXT, 0.0, Random(3)) == {}


def test_about_as_many_letters_slip_as_were_asked_for() -> None:
    letters = sum(char.isalpha() for char in TEXT)
    assert len(slips_in(TEXT, 0.1, Random(1))) == pytest.approx(0.1 * letters, rel=0.3)


@given(st.text("abcl '9\nQ", min_size=1, max_size=40), st.integers())
def test_a_slip_changes_the_text_at_once_and_stays_within_a_word(text: str, seed: int) -> None:
    for at, slip in slips_in(text, 1.0, Random(seed)).items():
        covered = text[at : at + slip.covers]
        assert slip.typed != covered
        assert slip.typed[0] != text[at : at + 1]
        assert all(char.isalpha() for char in slip.typed + covered)


def test_neighbours_keep_the_case_and_other_characters_have_none() -> None:
    assert neighbours("S") == ["A", "D"]
    assert neighbours("q") == ["w"]
    assert neighbours(" ") == []
