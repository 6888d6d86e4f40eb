"""The parts that pictures are made of."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from foretype.support.picture import (
    DARK,
    LIGHT,
    Axis,
    Chart,
    Point,
    axis_around,
    axis_between,
    moved_apart,
    tick_label,
)

LINEAR = Axis("x", 0, 10, [(0, "0")])


def test_a_value_lies_between_the_ends_of_its_axis() -> None:
    assert LINEAR.fraction(5) == 0.5
    assert LINEAR.fraction(-3) == 0
    assert LINEAR.fraction(11) == 1
    log = Axis("x", 1, 100, [], log=True)
    assert log.fraction(10) == pytest.approx(0.5)
    assert log.fraction(0) == 0


@pytest.mark.parametrize(
    ("axis", "ticks"),
    [
        (axis_between("", 0, 60), [0, 10, 20, 30, 40, 50, 60]),
        (axis_between("", 1.13, 1.68), [1.2, 1.3, 1.4, 1.5, 1.6]),
        (axis_between("", 0.08, 1.5, log=True), [0.1, 0.2, 0.5, 1]),
        (axis_between("", 0.5, 20_000, log=True), [1, 10, 100, 1000, 10_000]),
    ],
)
def test_ticks_are_round_numbers(axis: Axis, ticks: list[float]) -> None:
    assert [value for value, _ in axis.ticks] == pytest.approx(ticks)


def test_an_axis_holds_its_values_even_where_they_are_all_the_same() -> None:
    for values in ([3.0, 3.0], [0.0], [1.0, 5.0]):
        axis = axis_around("x", values)
        assert axis.low < min(values) <= max(values) < axis.high
        assert axis.ticks


def test_labels_are_moved_apart_and_keep_their_order() -> None:
    assert moved_apart([100, 95, 300], 16) == [111, 95, 300]


def test_numbers_are_as_short_as_can_be() -> None:
    assert [tick_label(value) for value in (20_000, 0.5, 3.0)] == ["20,000", "0.5", "3"]


def test_a_chart_is_well_formed_whatever_words_stand_in_it(tmp_path: Path) -> None:
    chart = Chart("a < b", "c & d", '"e"', LINEAR, LINEAR)
    chart.note(1, 1, "</svg>")
    chart.save(tmp_path / "new" / "chart.svg")
    said = "".join(ElementTree.parse(tmp_path / "new" / "chart.svg").getroot().itertext())
    assert "a < b" in said
    assert "</svg>" in said


def test_light_and_dark_name_the_same_colours() -> None:
    assert LIGHT.keys() == DARK.keys()


@pytest.mark.parametrize("second", [(5.0, 5.0), (5.2, 5.1), (4.5, 4.8), (9.9, 5.0)])
def test_texts_beside_points_do_not_cover_each_other(second: Point) -> None:
    chart = Chart("t", "s", "c", axis_between("x", 0, 10), axis_between("y", 0, 10))
    points = ((5.0, 5.0), second, (5.0, 5.0))
    for number, (x, y) in enumerate(points):
        chart.note_apart(x, y, f"a text beside a point {number}", "ink")
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*text-anchor="(\w+)"[^>]*>a text', chart.svg())
    boxes = []
    for left, base, anchor in found:
        start = float(left) - (6.5 * 23 if anchor == "end" else 0)
        boxes.append((start, float(base), start + 6.5 * 23))
    assert len(boxes) == 3
    for one, other in combinations(boxes, 2):
        beside = one[2] <= other[0] or other[2] <= one[0]
        assert beside or abs(one[1] - other[1]) >= 13, boxes
    assert all(box[0] >= 64 and box[2] <= 840 for box in boxes)
