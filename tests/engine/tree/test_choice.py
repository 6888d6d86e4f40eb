"""The choice of the text that is shown, or of none."""

from __future__ import annotations

import pytest

from foretype.engine.keystroke import Sureness
from foretype.engine.tree.choice import (
    Agreeing,
    CaretContext,
    Policy,
    choose_continuations,
    first_word,
    without_after,
)
from foretype.engine.tree.search import Word

POLICY = Policy(show=0.2, draw_out=0.3, keep=0.1, clearly_better=1.5, price=0.43, least_chars=2)


def texts(
    words: dict[str, float],
    caret: CaretContext | None = None,
    alternatives: int = 0,
    agreeing: Agreeing = lambda text: 0.0,
) -> list[str]:
    likeliest_first = sorted(words.items(), key=lambda entry: -entry[1])
    found = [Word(text.encode(), p) for text, p in likeliest_first]
    chosen = choose_continuations(found, POLICY, caret or CaretContext(), agreeing, alternatives)
    return [one.text for one in chosen]


def test_the_likeliest_word_is_shown() -> None:
    assert texts({"stions": 0.6, "ries": 0.2}) == ["stions"]


def test_nothing_is_shown_if_nothing_is_likely_enough() -> None:
    assert texts({"stions": 0.29}) == []


def test_a_word_that_shares_its_next_letters_with_its_rivals_is_shown_sooner() -> None:
    """The next letter does not tell "stions" from "stioning", so waiting for it avoids nothing."""
    assert texts({"stions": 0.29}, agreeing=lambda text: 0.29) == []
    assert texts({"stions": 0.29}, agreeing=lambda text: 0.9) == ["stions"]


def test_shared_letters_do_not_show_a_word_that_saves_little() -> None:
    assert texts({"st": 0.29}, agreeing=lambda text: 0.9) == []
    assert texts({"stions": 0.15}, agreeing=lambda text: 0.9) == []


def test_an_eager_policy_shows_more_than_a_balanced_one_and_a_calm_policy_shows_less() -> None:
    balanced = Policy()
    eager, calm = balanced.at(Sureness.EAGER), balanced.at(Sureness.CALM)
    assert balanced.at(Sureness.BALANCED) == balanced
    for name in ("show", "draw_out", "keep", "price"):
        assert getattr(eager, name) < getattr(balanced, name) < getattr(calm, name)


def test_a_policy_stays_within_the_probabilities_if_the_threshold_of_the_server_is_high() -> None:
    calm = Policy(show=0.9, draw_out=0.9, keep=0.45).at(Sureness.CALM)
    assert calm.keep < calm.show == calm.draw_out == 1.0


def test_words_are_added_while_the_whole_text_stays_likely() -> None:
    assert texts({"stions": 0.6, "stions or": 0.4, "stions or concerns": 0.2}) == ["stions or"]


def test_a_single_letter_is_not_worth_a_key() -> None:
    assert texts({"s": 0.9}) == []


def test_a_text_that_ends_inside_a_character_is_not_shown() -> None:
    assert (
        choose_continuations([Word("né".encode()[:-1], 0.9)], POLICY, CaretContext(), lambda text: 0.0) == []
    )


def test_texts_longer_than_the_client_allows_are_not_shown() -> None:
    assert texts({"stions": 0.6, "stions or": 0.5}, CaretContext(max_chars=6)) == ["stions"]


def test_the_text_on_the_screen_stays_while_it_is_possible() -> None:
    assert texts({"tions": 0.25, "ries": 0.3}, CaretContext(on_screen="tions")) == ["tions"]


def test_the_text_on_the_screen_stays_to_its_last_letter() -> None:
    assert texts({"s": 0.9}, CaretContext(on_screen="s")) == ["s"]


def test_the_text_on_the_screen_is_replaced_when_another_is_clearly_better() -> None:
    assert texts({"tions": 0.2, "ries": 0.5}, CaretContext(on_screen="tions")) == ["ries"]


def test_the_text_on_the_screen_goes_when_it_has_become_unlikely() -> None:
    assert texts({"tions": 0.05}, CaretContext(on_screen="tions")) == []


def test_the_text_on_the_screen_may_grow() -> None:
    assert texts({"tions": 0.9, "tions or": 0.7}, CaretContext(on_screen="tions")) == ["tions or"]


def test_alternatives_differ_in_their_first_word() -> None:
    words = {" you": 0.5, " you can": 0.4, " I": 0.2, " you will": 0.1, " we": 0.05}
    assert texts(words, alternatives=2) == [" you can", " I", " we"]


@pytest.mark.parametrize(
    ("text", "after", "left"),
    [
        ("uled for", "", "uled for"),
        ("uled for", " for Monday", "uled"),
        ("uled for", "\nfor Monday", "uled for"),
        (" you soon", " soon.", " you"),
        (" you", " you", ""),
        (" you so", " sooner", " you so"),
        ("stions", "abc", ""),
        ("stions", "” she said", "stions"),
        ("Best regards", "\nBest regards\nAnn", ""),
        ("Best regards", "\nBest", "Best regards"),
        (" and", ", and more", " and"),
        (" you.", ".", " you"),
    ],
)
def test_the_text_after_the_caret_is_not_repeated(text: str, after: str, left: str) -> None:
    assert without_after(text, after) == left


@pytest.mark.parametrize(
    ("text", "word"), [("stions or", "stions"), (" have any", " have"), (", and", ", and"), ("", "")]
)
def test_the_first_word_includes_the_space_and_punctuation_before_it(text: str, word: str) -> None:
    assert first_word(text) == word
