from __future__ import annotations

from foretype.words.field_text import FieldText


def typed(field: FieldText, text: str, so_far: str = "", after: str = "") -> None:
    for end in range(len(so_far) + 1, len(so_far) + len(text) + 1):
        field.now((so_far + text)[:end], after)


def taken(field: FieldText, *, is_over: bool = True) -> list[str]:
    return [run.piece for run in field.take(is_over=is_over).typed.elements()]


def test_what_was_typed_is_taken_once() -> None:
    field = FieldText("H", "", 500)
    typed(field, "i Ada", "H")
    assert taken(field) == ["Hi", " Ada"]
    assert taken(field) == []


def test_what_was_there_before_is_not_taken_but_the_word_at_the_caret_is() -> None:
    field = FieldText("An old draft with h", " and its end", 500)
    typed(field, "eron", "An old draft with h", " and its end")
    assert taken(field) == [" heron"]


def test_what_was_deleted_is_not_taken() -> None:
    field = FieldText("", "", 500)
    typed(field, "my secret plan")
    field.now("my ", "")
    typed(field, "plan", "my ")
    assert taken(field) == ["my", " plan"]


def test_a_field_that_was_cleared_gives_nothing() -> None:
    field = FieldText("", "", 500)
    typed(field, "never mind")
    field.now("", "")
    assert taken(field) == []


def test_what_was_pasted_is_not_taken() -> None:
    field = FieldText("", "", 500)
    typed(field, "see ")
    field.now("see " + "pasted words " * 10, "")
    typed(field, "thanks", "see " + "pasted words " * 10)
    assert taken(field) == ["see", " thanks"]


def test_a_suggestion_that_was_taken_counts_as_typed() -> None:
    field = FieldText("Please le", "", 500)
    field.now("Please let me know", "")
    assert taken(field) == [" let", " me", " know"]


def test_while_typing_may_go_on_the_word_at_the_caret_waits() -> None:
    field = FieldText("", "", 500)
    typed(field, "one tw")
    assert taken(field, is_over=False) == ["one"]
    typed(field, "o three", "one tw")
    found = list(field.take(is_over=True).typed)
    assert [run.piece for run in found] == [" two", " three"]
    assert found[0].before[-1] == "one"  # the words before it are still its context


def test_a_long_text_that_the_client_cuts_at_its_left_is_taken_whole_and_once() -> None:
    text = " ".join(f"word{'abcdefghij'[i % 10] * (i % 7 + 1)}" for i in range(300))
    text = text.replace("wordjjjj", "end")
    field = FieldText("", "", 500)
    for end in range(1, len(text) + 1):
        field.now(text[max(0, end - 500) : end], "")
    assert sorted(piece.strip() for piece in taken(field)) == sorted(text.split())


def test_what_was_taken_and_is_deleted_afterwards_is_undone() -> None:
    field = FieldText("", "", 500)
    typed(field, "keep this secret ")
    assert taken(field, is_over=False) == ["keep", " this", " secret"]
    field.now("keep this ", "")
    undone = field.take(is_over=True).undone
    assert [run.piece for run in undone] == [" secret"]


def test_the_beginning_of_a_short_text_can_be_deleted() -> None:
    field = FieldText("", "", 500)
    typed(field, "first words " * 10)
    field.now(("first words " * 10)[60:], "")
    assert len(taken(field)) == 10


def test_a_caret_that_moves_in_a_long_text_undoes_nothing() -> None:
    words = [f"w{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(400)]
    text = " ".join(words)
    field = FieldText("", "", 500)
    for end in range(1, len(text) + 1):
        field.now(text[max(0, end - 500) : end], "")
    assert len(taken(field)) == 400
    for caret in (1000, 0, 300, len(text)):
        field.now(text[max(0, caret - 500) : caret], text[caret : caret + 500])
        assert not field.take(is_over=True)
