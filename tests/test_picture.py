"""The parts that pictures are made of."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from foretype.picture import Axis, Picture, apart, number, spanning


def test_a_value_is_placed_in_proportion() -> None:
    assert Axis(0, 10, 100, 200).place(2.5) == 125
    assert Axis(1, 100, 0, 100, log=True).place(10) == pytest.approx(50)


@pytest.mark.parametrize(
    ("axis", "ticks"),
    [
        (Axis(0, 60, 0, 1), [0, 10, 20, 30, 40, 50, 60]),
        (Axis(1.13, 1.68, 0, 1), [1.2, 1.3, 1.4, 1.5, 1.6]),
        (Axis(0.08, 1.5, 0, 1, log=True), [0.1, 0.2, 0.5, 1]),
        (Axis(0.5, 20_000, 0, 1, log=True), [1, 10, 100, 1000, 10_000]),
    ],
)
def test_ticks_are_round_numbers(axis: Axis, ticks: list[float]) -> None:
    assert axis.ticks() == pytest.approx(ticks)


def test_an_axis_holds_its_values_even_where_they_are_all_the_same() -> None:
    for values in ([3.0, 3.0], [0.0], [1.0, 5.0]):
        axis = spanning(values, 0, 100)
        assert axis.low < min(values) <= max(values) < axis.high
        assert axis.ticks()


def test_labels_are_moved_apart_and_keep_their_order() -> None:
    assert apart([100, 95, 300], 16) == [111, 95, 300]


def test_numbers_are_as_short_as_can_be() -> None:
    assert [number(value) for value in (20_000, 0.5, 3.0)] == ["20,000", "0.5", "3"]


def test_words_cannot_break_the_picture() -> None:
    picture = Picture(10, 10, "<a>", "b & c")
    picture.text(1, 1, "</svg>")
    assert "</svg>" in "".join(ElementTree.fromstring(picture.svg()).itertext())
