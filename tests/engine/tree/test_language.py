"""Which text the detector is asked about, how often, and what follows from its answer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foretype.engine.tree.language import (
    EVIDENCE,
    LEAST_LETTERS,
    MOST_KEPT,
    Language,
    Shares,
    any_language,
    evidence,
)

GERMAN = "Wir treffen uns am Montag im Büro und reden über den Plan."
ENGLISH = "We meet at the office on Monday and talk about the plan."


class Asked:
    """A detector that always gives these shares, and keeps the texts that it was asked about."""

    def __init__(self, written: float, english: float = 1.0) -> None:
        self.texts: list[str] = []
        self._shares = Shares(written, english)

    def __call__(self, text: str) -> Shares:
        self.texts.append(text)
        return self._shares


def test_a_text_in_another_language_is_not_written_and_one_in_doubt_is() -> None:
    assert not Language(Asked(0.019)).is_written(GERMAN)
    assert Language(Asked(0.021)).is_written(GERMAN)


def test_a_text_is_english_if_that_is_more_likely_than_not() -> None:
    assert Language(Asked(1.0, 0.51)).is_english(ENGLISH)
    assert not Language(Asked(1.0, 0.49)).is_english(ENGLISH)
    assert Language(Asked(1.0, 0.0)).is_english("Hello")


def test_the_language_of_a_few_letters_is_not_known() -> None:
    nothing = Asked(0.0)
    language = Language(nothing)
    assert language.is_written("a" * (LEAST_LETTERS - 1))
    assert language.is_written("123 456 789 " * 20)
    assert nothing.texts == []
    assert not language.is_written("a" * LEAST_LETTERS)


def test_without_a_detector_all_is_written_and_english() -> None:
    assert Language(any_language).is_written(GERMAN)
    assert Language(any_language).is_english(GERMAN)


def test_the_detector_is_asked_once_for_a_text_and_again_for_another() -> None:
    asked = Asked(1.0)
    language = Language(asked)
    for text in (GERMAN, GERMAN, f"{GERMAN} Bis", GERMAN):
        assert language.is_written(text)
        assert language.is_english(text)
    assert len(asked.texts) == 2


def test_only_the_last_texts_are_kept() -> None:
    asked = Asked(1.0)
    language = Language(asked)
    for number in range(3 * MOST_KEPT):
        language.is_written(f"{GERMAN} {number}")
        assert len(language._known) <= MOST_KEPT


def test_what_stands_far_before_the_caret_is_not_looked_at() -> None:
    text = evidence(ENGLISH * 10 + GERMAN * 3)
    assert len(text) <= EVIDENCE
    assert "Monday" not in text


def test_a_line_that_is_long_enough_is_looked_at_alone() -> None:
    assert evidence(f"{ENGLISH}\n\n{GERMAN}") == GERMAN
    assert evidence(f"{ENGLISH}\nHallo Anna,\n") == f"{ENGLISH} Hallo Anna,"
    assert evidence(f"{ENGLISH}\n{GERMAN}\n") == GERMAN


def test_mostly_capitals_become_small_letters() -> None:
    assert evidence(ENGLISH.upper()) == ENGLISH.lower()
    assert evidence(GERMAN) == GERMAN


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_the_detector_gets_one_line(settled: str) -> None:
    text = evidence(f"{'a' * LEAST_LETTERS} {settled[: EVIDENCE // 2]}")
    assert len(text.splitlines()) == 1
