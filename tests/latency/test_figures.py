import pytest

from foretype.compare.typist.screen import ScreenTally
from latency.replay.figures import Latency, TypedText, percentile, summarise
from latency.replay.ledger import Ledger


def session(ledger: Ledger | None = None, **counts: int) -> TypedText:
    typed = {"chars": 100, "keys": 100, "by_hand": 100} | counts
    return TypedText(**typed, screen=ScreenTally(), ledger=ledger or Ledger())


def test_the_percentile_is_one_of_the_numbers() -> None:
    numbers = [float(n) for n in range(1, 101)]
    assert [percentile(numbers, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert percentile([7.0], 0.5) == 7.0
    assert Latency.of([]) == Latency(None, None, None, None)


def test_what_slips_cost_is_no_loss_of_the_suggestions() -> None:
    found = summarise([session(keys=80), session(keys=90, by_hand=120)], budget_ms=300)
    assert found.saved_share == pytest.approx(1 - 170 / 220)


def test_a_keystroke_that_was_overtaken_in_time_is_owed_nothing() -> None:
    ledger = Ledger()
    ledger.sent(1, 0.0)
    ledger.sent(2, 0.2)
    ledger.suggestion(2, "tree", final=True, now=0.21)
    found = summarise([session(ledger)], budget_ms=300)
    assert (found.overtaken, found.unanswered, found.over_budget_share) == (1, 0, 0.0)


def test_a_keystroke_nobody_overtook_is_owed_an_answer() -> None:
    ledger = Ledger()
    ledger.sent(1, 0.0)
    ledger.suggestion(1, "tree", final=False, now=0.01)
    ledger.sent(2, 0.5)
    found = summarise([session(ledger)], budget_ms=300)
    assert (found.overtaken, found.unanswered, found.over_budget) == (0, 2, 2)
    assert found.first.worst == pytest.approx(10)
    assert found.final.worst is None


def test_late_answers_and_errors_are_counted_under_the_names_of_the_budget() -> None:
    ledger = Ledger()
    for seq, (source, took) in enumerate([("tree", 0.001), ("model", 0.05), ("budget", 0.4)]):
        ledger.sent(seq, seq)
        ledger.suggestion(seq, source, final=True, now=seq + took)
    ledger.sent(3, 3.0)
    ledger.error(3, "overloaded", now=3.01)
    flat = summarise([session(ledger)], budget_ms=300).flat()
    assert flat["over_budget_share"] == 0.25
    assert flat["tree_share"] == 0.25
    assert flat["final_worst_ms"] == pytest.approx(400)
    assert (flat["errors"], flat["overloaded"], flat["unanswered"]) == (1, 1, 0)


def test_an_error_is_quickly_said_and_makes_no_answer_faster() -> None:
    ledger = Ledger()
    ledger.sent(1, 0.0, late=0.004)
    ledger.suggestion(1, "model", final=True, now=0.2)
    ledger.sent(2, 1.0)
    ledger.error(2, "overloaded", now=1.001)
    found = summarise([session(ledger)], budget_ms=300)
    assert found.final.p50 == pytest.approx(200)
    assert found.late.worst == pytest.approx(4)
