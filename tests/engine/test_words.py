import pytest

from foretype.engine.words import continues, next_word


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("stions about it", "stions"),
        (" response to", " response"),
        ("don't go", "don't"),
        (" e-mail and", " e-mail"),
        (" example.org.", " example.org"),
        (", and then", ", and"),
        (" 1,000 people", " 1,000"),
        ("\n\nBest regards", "\n\nBest"),
        ("...", "..."),
        ("", ""),
    ],
)
def test_tab_takes_one_word_with_the_space_and_punctuation_before_it(text: str, word: str) -> None:
    assert next_word(text) == word


@pytest.mark.parametrize(
    ("text", "longer", "whole"),
    [
        ("ques", "questions", False),
        ("questions", "questions.", True),
        ("questions", "questions", True),
        ("questions, ", "questions, or", True),
        ("questions", "answers", False),
        ("", "anything", False),
    ],
)
def test_a_text_goes_on_only_in_whole_words(text: str, longer: str, whole: bool) -> None:
    assert continues(text, longer) is whole
