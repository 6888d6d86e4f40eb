"""The rest of a suggestion after each key, and the word for which a dismissal is valid."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretype.engine.on_screen import TAIL, OnScreen


def shown(before: str, text: str) -> OnScreen:
    """A field in which `text` was shown after `before`."""
    on_screen = OnScreen()
    on_screen.typed(before)
    on_screen.show(text)
    return on_screen


@pytest.mark.parametrize(
    ("before", "rest"),
    [
        ("any que", "stions you"),
        ("any ques", "tions you"),
        ("any questions ", "you"),
        ("any questions yo", "u"),
        ("any questions you", ""),
        ("any quer", ""),
        ("any qu", ""),
        ("", ""),
    ],
)
def test_keys_that_agree_leave_the_rest_of_the_suggestion(before: str, rest: str) -> None:
    assert shown("any que", "stions you").rest_after(before) == rest


def test_nothing_is_left_of_no_suggestion() -> None:
    assert OnScreen().rest_after("any que") == ""
    assert shown("any que", "").rest_after("any que") == ""


@settings(deadline=None)
@given(st.text(max_size=40), st.text(min_size=1, max_size=20), st.integers(0, 19), st.integers(TAIL, 200))
def test_the_rest_is_known_though_the_text_is_cut_at_its_left(
    before: str, text: str, typed: int, kept: int
) -> None:
    whole = "so long " * TAIL + before
    on_screen = shown(whole, text)
    now = whole + text[: typed % len(text)]
    rest = on_screen.rest_after(now)
    assert rest
    assert text.endswith(rest)
    assert on_screen.rest_after(now[-kept:]) == rest


def test_a_dismissal_clears_the_screen_and_holds_to_the_end_of_the_word() -> None:
    on_screen = shown("any que", "stions")
    assert not on_screen.is_quiet
    assert on_screen.dismiss()
    assert on_screen.text == ""
    assert on_screen.rest_after("any ques") == ""
    on_screen.typed("any ques")
    assert on_screen.is_quiet
    on_screen.typed("any questions y")
    assert not on_screen.is_quiet


def test_a_dismissed_word_that_the_caret_comes_back_to_is_not_quiet() -> None:
    on_screen = shown("any que", "stions")
    on_screen.dismiss()
    on_screen.typed("any que any")
    on_screen.typed("any que")
    assert not on_screen.is_quiet


def test_a_suggestion_of_this_word_can_be_dismissed_after_a_key_that_did_not_agree() -> None:
    on_screen = shown("any que", "stions")
    on_screen.typed("any quer")
    on_screen.show("")
    assert on_screen.dismiss()


def test_a_dismissal_at_a_later_word_counts_if_the_suggestion_reaches_into_it() -> None:
    on_screen = shown("any que", "stions you")
    on_screen.typed("any questions ")
    assert on_screen.dismiss()
    assert on_screen.is_quiet


def test_a_dismissal_of_a_suggestion_whose_word_is_over_changes_nothing() -> None:
    on_screen = shown("any que", "stions")
    on_screen.typed("any query an")
    assert not on_screen.dismiss()
    assert not on_screen.is_quiet
    assert on_screen.text == "stions"


def test_a_dismissal_before_anything_was_shown_changes_nothing() -> None:
    on_screen = OnScreen()
    on_screen.typed("any que")
    assert not on_screen.dismiss()
    assert not on_screen.is_quiet


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=200), st.integers(100, 200))
def test_a_dismissal_holds_in_a_text_that_comes_cut_at_its_left(before: str, kept: int) -> None:
    whole = "so long " * TAIL + before
    on_screen = shown(whole, "anything")
    on_screen.dismiss()
    on_screen.typed(whole[-kept:])
    assert on_screen.is_quiet


def test_a_dismissal_holds_in_a_long_text_while_the_word_grows() -> None:
    before = "so long " * TAIL + "any que"
    on_screen = shown(before, "stions")
    on_screen.dismiss()
    for typed in range(1, len("stions")):
        on_screen.typed(before + "stions"[:typed])
        assert on_screen.is_quiet


def test_a_correction_is_not_continued_by_keys_but_can_be_dismissed() -> None:
    on_screen = OnScreen()
    on_screen.typed("I recie")
    on_screen.show("receive", replaces=5)
    assert on_screen.text == ""
    assert on_screen.rest_after("I recier") == ""
    assert not on_screen.keeps_word
    assert on_screen.dismiss()
    assert on_screen.is_quiet
    for before, kept in [("I recie", True), ("so recieva", True), ("I reci", False), ("I receive", False)]:
        on_screen.typed(before)
        assert on_screen.keeps_word == kept
    on_screen.forget()
    on_screen.typed("I recie")
    assert not on_screen.keeps_word
