from __future__ import annotations

from foretype.words.field_text import FieldText


def typed(field: FieldText, text: str, so_far: str = "", after: str = "") -> None:
    for end in range(len(so_far) + 1, len(so_far) + len(text) + 1):
        field.now((so_far + text)[:end], after)


def taken(field: FieldText, *, is_over: bool = True) -> list[str]:
    return [run.piece for run in field.take(is_over=is_over)]


def test_what_was_typed_is_taken_once() -> None:
    field = FieldText("H", "")
    typed(field, "i Ada", "H")
    assert taken(field) == ["Hi", " Ada"]
    assert taken(field) == []


def test_what_was_there_before_is_not_taken_but_the_word_at_the_caret_is() -> None:
    field = FieldText("An old draft with h", " and its end")
    typed(field, "eron", "An old draft with h", " and its end")
    assert taken(field) == [" heron"]


def test_what_was_deleted_is_not_taken() -> None:
    field = FieldText("", "")
    typed(field, "my secret plan")
    field.now("my ", "")
    typed(field, "plan", "my ")
    assert taken(field) == ["my", " plan"]


def test_a_field_that_was_cleared_gives_nothing() -> None:
    field = FieldText("", "")
    typed(field, "never mind")
    field.now("", "")
    assert taken(field) == []


def test_what_was_pasted_is_not_taken() -> None:
    field = FieldText("", "")
    typed(field, "see ")
    field.now("see " + "pasted words " * 10, "")
    typed(field, "thanks", "see " + "pasted words " * 10)
    assert taken(field) == ["see", " thanks"]


def test_a_suggestion_that_was_taken_counts_as_typed() -> None:
    field = FieldText("Please le", "")
    field.now("Please let me know", "")
    assert taken(field) == [" let", " me", " know"]


def test_while_typing_may_go_on_the_word_at_the_caret_waits() -> None:
    field = FieldText("", "")
    typed(field, "one tw")
    assert taken(field, is_over=False) == ["one"]
    typed(field, "o three", "one tw")
    found = field.take(is_over=True)
    assert [run.piece for run in found] == [" two", " three"]
    assert found[0].before[-1] == "one"  # the words before it are still its context


def test_a_long_text_that_the_client_cuts_at_its_left_is_taken_whole_and_once() -> None:
    text = " ".join(f"word{'abcdefghij'[i % 10] * (i % 7 + 1)}" for i in range(300))
    text = text.replace("wordjjjj", "end")
    field = FieldText("", "")
    for end in range(1, len(text) + 1):
        field.now(text[max(0, end - 500) : end], "")
    assert taken(field) == [("" if i == 0 else " ") + word for i, word in enumerate(text.split())]
