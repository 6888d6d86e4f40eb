from latency.replay.figures import Waits, summarise
from latency.replay.picture import cumulative, draw
from latency.replay.report import Report
from latency.replay.server_metrics import ModelWork
from latency.replay.type_text import Manner


def test_the_curve_rises_to_the_share_that_was_answered_and_ends_with_the_last_answer() -> None:
    curve = cumulative([1.0, 10.0, 100.0], whole=4)
    assert curve[0][1] == 0
    assert curve[-1] == (100.0, 0.75)
    assert [share for _, share in curve] == sorted(share for _, share in curve)
    assert cumulative([], whole=4) == []


def test_a_replay_without_any_answer_has_a_picture_too() -> None:
    report = Report("script", 300, 1, Manner(), summarise([], budget_ms=300), ModelWork())
    assert "300 ms" in draw(report, Waits([], [], 0)).svg()
