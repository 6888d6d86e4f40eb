"""The tokens before the user's text, with what stands around and without it. A token is a character here."""

from __future__ import annotations

import pytest

from foretype.engine.beginning import ANSWERED_TOKENS, LABEL_TOKENS, SUBJECT_TOKENS, Beginning
from foretype.engine.keystroke import Context
from foretype.engine.surroundings import ANSWERED_CHARS, LINE_CHARS, line_of, paragraphs_of
from foretype.models.field_kind import FieldKind

PROMPT = "From: a\nSubject: Re: b\n\nHi\n\nFrom: a\nSubject:\n\n"
HEAD = PROMPT.rstrip("\n")
BEGIN = [0]


def encode(text: str) -> list[int]:
    return [ord(one) for one in text]


def read(ids: list[int]) -> str:
    assert ids[:1] == BEGIN
    return "".join(map(chr, ids[1:]))


def ids(beginning: Beginning, subject: str | None = None, answered: str | None = None) -> list[int]:
    around = beginning.surroundings(FieldKind.EMAIL, subject, Context(answered))
    return beginning.ids(around, encode)


@pytest.fixture
def beginning() -> Beginning:
    return Beginning.of(BEGIN, PROMPT, encode, 400)


def test_without_anything_around_it_is_the_prompt(beginning: Beginning) -> None:
    for nothing in (None, "", " \n"):
        assert read(ids(beginning, nothing, nothing)) == PROMPT
    assert beginning.surroundings(FieldKind.EMAIL, None, None).answered == ""


def test_a_subject_stands_on_the_prompts_last_line(beginning: Beginning) -> None:
    assert read(ids(beginning, "Lunch on Friday")) == HEAD + " Lunch on Friday\n\n"


def test_the_mail_that_is_answered_stands_before_a_second_head(beginning: Beginning) -> None:
    answer = "\n\nFrom: a\nSubject:"
    assert read(ids(beginning, "Lunch", "Hi!\nFriday?")) == (
        f"{HEAD} Lunch\n\nHi!\nFriday?{answer} Re: Lunch\n\n"
    )
    assert read(ids(beginning, None, "Hi!")) == f"{HEAD}\n\nHi!{answer}\n\n"


@pytest.mark.parametrize("prompt", ["", "Search:\n", "Subject: is fixed\n"])
def test_a_prompt_without_a_place_for_them_takes_neither_subject_nor_mail(prompt: str) -> None:
    beginning = Beginning.of(BEGIN, prompt, encode, 400)
    assert read(ids(beginning, "Lunch", "Friday?")) == prompt
    assert beginning.most_tokens == 1 + len(prompt) + (0 if prompt else LABEL_TOKENS)


@pytest.mark.parametrize("label", ["Country", " Country: * ", "Country*"])
def test_a_label_stands_on_a_line_of_its_own_where_there_is_no_prompt(label: str) -> None:
    for prompt, expected in (("", "Country:\n"), ("Search:\n", "Search:\n"), (PROMPT, PROMPT)):
        beginning = Beginning.of(BEGIN, prompt, encode, 400)
        around = beginning.surroundings(FieldKind.TEXT, None, Context(label=label))
        assert read(beginning.ids(around, encode)) == expected


@pytest.mark.parametrize("kind", [kind for kind in FieldKind if kind is not FieldKind.TEXT])
def test_only_the_kind_text_has_a_label(kind: FieldKind) -> None:
    beginning = Beginning.of(BEGIN, "", encode, 400)
    assert beginning.surroundings(kind, None, Context(label="Country")).label == ""


def test_a_long_label_is_cut_and_an_empty_one_is_none() -> None:
    beginning = Beginning.of(BEGIN, "", encode, 400)
    long, empty = (
        beginning.ids(beginning.surroundings(FieldKind.TEXT, None, Context(label=label)), encode)
        for label in ("x" * 999, " :")
    )
    assert len(long) == beginning.most_tokens
    assert read(long).endswith("x:\n")
    assert empty == BEGIN


def test_a_prompt_that_is_too_long_is_left_out_and_with_it_what_stands_around() -> None:
    beginning = Beginning.of(BEGIN, PROMPT, encode, 10)
    assert ids(beginning, "Lunch", "Friday?") == BEGIN


def test_if_there_is_no_room_for_it_in_the_models_context_the_mail_that_is_answered_is_cut_or_left_out() -> (
    None
):
    around = len(ids(Beginning.of(BEGIN, PROMPT, encode, 400), "s" * 99, "Q"))
    for room in (1, 0):
        beginning = Beginning.of(BEGIN, PROMPT, encode, around - 1 + room)
        assert read(ids(beginning, "s" * 99, "QQ")).count("Q") == room
        assert len(ids(beginning, "s" * 99, "QQ")) <= beginning.most_tokens <= around - 1 + room


def test_long_texts_are_cut(beginning: Beginning) -> None:
    long = ids(beginning, "x" * 2000, "y" * 2000)
    assert len(long) == beginning.most_tokens
    first, second = read(long).split("y" * ANSWERED_TOKENS)
    assert first.count("x") == SUBJECT_TOKENS - len(" ")
    assert second.count("x") == SUBJECT_TOKENS - len(" Re: ")
    around = beginning.surroundings(FieldKind.EMAIL, "x" * 2000, Context("y" * 3000))
    assert (len(around.subject), len(around.answered)) == (LINE_CHARS, ANSWERED_CHARS)


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
    assert line_of(given) == line


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("\n Hi  Ann,\r\n\r\n\r\n\r\nFriday?\x00 \n", "Hi Ann,\n\nFriday?"),
        ("Half \ud83d a pair\u2028Caf\u00e9", "Half a pair\nCaf\u00e9"),
        ("Hi\n\u041f\u0440\u0438\u0432\u0435\u0442 Ann\nFriday?", "Hi\n\nFriday?"),
        ("\u041f\u0440\u0438\u0432\u0435\u0442", ""),
    ],
)
def test_a_mail_keeps_its_lines_that_the_models_can_read(given: str, read: str) -> None:
    assert paragraphs_of(given) == read
