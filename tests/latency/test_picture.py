from xml.etree import ElementTree

import pytest

from latency.picture import DARK, LIGHT, Axis, Chart
from latency.replay.counters import ModelWork
from latency.replay.figures import Waits, summarise
from latency.replay.picture import cumulative, draw
from latency.replay.report import Report
from latency.replay.session import Manner

LINEAR = Axis("x", 0, 10, [(0, "0")])


def test_a_value_lies_between_the_ends_of_its_axis() -> None:
    assert LINEAR.place(5) == 0.5
    assert LINEAR.place(-3) == 0
    assert LINEAR.place(11) == 1
    log = Axis("x", 1, 100, [], log=True)
    assert log.place(10) == pytest.approx(0.5)
    assert log.place(0) == 0


def test_a_chart_is_well_formed_whatever_words_stand_in_it() -> None:
    chart = Chart("a < b", "c & d", '"e"', LINEAR, LINEAR)
    chart.note(1, 1, "f > g")
    assert "a < b" in "".join(ElementTree.fromstring(chart.svg()).itertext())


def test_light_and_dark_name_the_same_colours() -> None:
    assert LIGHT.keys() == DARK.keys()


def test_the_curve_rises_to_the_share_that_was_answered_and_ends_with_the_last_answer() -> None:
    curve = cumulative([1.0, 10.0, 100.0], whole=4)
    assert curve[0][1] == 0
    assert curve[-1] == (100.0, 0.75)
    assert [share for _, share in curve] == sorted(share for _, share in curve)
    assert cumulative([], whole=4) == []


def test_a_replay_without_any_answer_has_a_picture_too() -> None:
    report = Report("script", 300, 1, Manner(), summarise([], budget_ms=300), ModelWork())
    assert "300 ms" in draw(report, Waits([], [], 0)).svg()
