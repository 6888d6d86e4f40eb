"""The tokens before the user's text, with a subject and without one. A token is a character here."""

from __future__ import annotations

import pytest

from foretype.engine.beginning import SUBJECT_CHARS, SUBJECT_TOKENS, Beginning, subject_line

PROMPT = "From: a\nSubject: Re: b\n\nHi\n\nFrom: a\nSubject:\n\n"
BEGIN = [0]


def encode(text: str) -> list[int]:
    return [ord(one) for one in text]


def read(ids: list[int]) -> str:
    assert ids[:1] == BEGIN
    return "".join(map(chr, ids[1:]))


@pytest.fixture
def beginning() -> Beginning:
    return Beginning.of(BEGIN, PROMPT, encode, 100)


def test_without_a_subject_it_is_the_prompt(beginning: Beginning) -> None:
    for nothing in (None, "", " \n"):
        assert read(beginning.ids(beginning.takes(nothing), encode)) == PROMPT


def test_a_subject_stands_on_the_prompts_last_line(beginning: Beginning) -> None:
    ids = beginning.ids(beginning.takes("Lunch on Friday"), encode)
    assert read(ids) == PROMPT.rstrip("\n") + " Lunch on Friday\n\n"


@pytest.mark.parametrize("prompt", ["", "Search:\n", "Subject: is fixed\n"])
def test_a_prompt_without_a_place_for_it_takes_no_subject(prompt: str) -> None:
    beginning = Beginning.of(BEGIN, prompt, encode, 100)
    assert beginning.takes("Lunch") == ""
    assert beginning.most_tokens == 1 + len(prompt)


def test_a_prompt_that_is_too_long_is_left_out_and_with_it_the_subject() -> None:
    beginning = Beginning.of(BEGIN, PROMPT, encode, 10)
    assert (beginning.plain, beginning.takes("Lunch")) == (BEGIN, "")


def test_a_long_subject_is_cut(beginning: Beginning) -> None:
    subject = beginning.takes("x" * 2000)
    assert len(subject) == SUBJECT_CHARS
    ids = beginning.ids(subject, encode)
    assert len(ids) == beginning.most_tokens
    assert read(ids).count("x") == SUBJECT_TOKENS - 1  # a space is before it


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("  Re:\tthe  plan ", "Re: the plan"),
        ("one\r\ntwo\x00three\u2028four", "one two three four"),
        ("Caf\u00e9 \u2013 50 \u20ac", "Caf\u00e9 \u2013 50 \u20ac"),
        ("Half \ud83d a pair", "Half a pair"),
        ("\u041f\u0440\u0438\u0432\u0435\u0442 Ann", ""),
    ],
)
def test_a_subject_is_one_line_that_the_models_can_read(given: str, line: str) -> None:
    assert subject_line(given) == line
