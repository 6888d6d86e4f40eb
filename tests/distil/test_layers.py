"""The layers that a student begins with."""

from __future__ import annotations

import pytest

from foretype.distil.layers import chosen_layers, default_layers


def test_six_of_twelve_are_those_of_distilgpt2() -> None:
    assert chosen_layers(12, 6) == [0, 2, 4, 7, 9, 11]


@pytest.mark.parametrize("teacher", range(1, 33))
def test_layers_are_distinct_in_order_and_span_the_teacher(teacher: int) -> None:
    for student in range(1, teacher + 1):
        layers = chosen_layers(teacher, student)
        assert len(layers) == student
        assert layers == sorted(set(layers))
        assert layers[0] == 0
        assert student == 1 or layers[-1] == teacher - 1
    assert chosen_layers(teacher, teacher) == list(range(teacher))


@pytest.mark.parametrize("student", [0, 13, -1])
def test_more_layers_than_the_teacher_has_or_none_cannot_be_chosen(student: int) -> None:
    with pytest.raises(ValueError, match="of 12 layers"):
        chosen_layers(12, student)


def test_half_of_them_is_the_default() -> None:
    assert [default_layers(number) for number in (1, 2, 3, 12, 30)] == [1, 1, 2, 6, 15]
