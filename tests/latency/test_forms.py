"""What Tab takes in a form: how takes are counted, and the list of values."""

from __future__ import annotations

from latency.budget import find_budget
from latency.forms import RULES, Takes, Value, flat, read_values, takes_of


def takes(text: str, **after: str) -> Takes:
    """Tab inserts `after[prefix]` after that prefix of `text`."""
    inserted = [after.get(text[: end + 1].replace(" ", "_"), "") for end in range(len(text))]
    return takes_of([Value("title", text)], [inserted])


def test_a_text_after_the_complete_value_is_a_wrong_take() -> None:
    assert takes("Engineer", Engineer="ing") == Takes(("Engineer",), 0, 0)
    assert takes("Engineer", Engin="eering") == Takes((), 0, 0)


def test_a_right_word_saves_all_its_keys_but_the_one_that_takes_it() -> None:
    assert takes("Vice president", Vice_pres="ident") == Takes((), 1, 4)
    assert takes("Vice president", Vi="ce", Vice=" president") == Takes((), 2, 1 + 9)


def test_a_word_that_only_begins_right_and_a_single_letter_save_nothing() -> None:
    assert takes("Engineering", Engin="eer") == Takes((), 0, 0)
    assert takes("Engineer", Enginee="r") == Takes((), 0, 0)


def test_there_are_many_values_each_once() -> None:
    values = read_values()
    assert len(values) >= 500
    assert len(set(values)) == len(values)
    assert all(value.text == value.text.strip() and value.text.isascii() for value in values)


def test_the_figures_have_the_names_that_the_budget_uses() -> None:
    figures = flat(dict.fromkeys(RULES, Takes((), 0, 0)), read_values())
    budget = find_budget("forms")
    assert budget.at_most.keys() | budget.at_least.keys() <= figures.keys()
