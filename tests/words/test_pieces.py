from __future__ import annotations

import pytest

from foretype.words.pieces import FOREIGN, START, Run, cut, phrase_of, runs_of


def pieces(text: str) -> list[str | None]:
    return [one.piece for one in cut(text)]


def test_a_piece_is_a_word_with_its_space_a_mark_or_a_line_break() -> None:
    assert pieces('Hi Ada,\n\nthe "e-mail"  isn\'t here.') == [
        *("Hi", " Ada", ",", "\n", "the", ' "', "e-mail", '"', " isn't", " here", "."),
    ]


@pytest.mark.parametrize(
    "secret",
    [
        "4711",
        "hunter2",
        "4111-1111-1111-1111",
        "ada@example.com",
        "https://example.com/a?b=c",
        "p@ssword",
        "aBcDeFgH",
        "xkrtzpqwm",
        "a" * 33,
        "C:\\keys",
        "+49",
    ],
)
def test_what_may_be_a_secret_is_a_gap(secret: str) -> None:
    assert pieces(f"it is {secret}, yes") == ["it", " is", None, " yes"]


def test_no_run_goes_over_a_gap() -> None:
    runs = list(runs_of(pieces("one 4711 two three")))
    assert runs == [Run((START,), "one"), Run((), " two"), Run((" two",), " three")]


def test_a_run_has_at_most_three_pieces_before_its_last() -> None:
    assert list(runs_of(pieces("a b c d e")))[-1] == Run((" b", " c", " d"), " e")


def test_what_the_user_has_not_typed_is_a_gap() -> None:
    assert pieces(f"{FOREIGN * 3} typed") == [None, " typed"]


def test_by_hand_a_phrase_may_hold_anything_that_can_be_shown() -> None:
    assert phrase_of("  Ada  Lovelace 1815 ") == (" Ada", " Lovelace", " 1815")
    assert phrase_of(" ") is None
    assert phrase_of("a\x00b") is None
    assert phrase_of("x " * 17) is None
