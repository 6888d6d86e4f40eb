import pytest

from latency.budget import UnknownBudgetError, find_budget, judge, read_budgets
from latency.replay.figures import summarise


def test_every_table_says_what_it_is_about_and_limits_something() -> None:
    for budget in read_budgets().values():
        assert budget.about
        assert budget.at_most or budget.at_least


def test_what_a_replay_measures_has_the_names_that_the_budget_uses() -> None:
    measured = summarise([], budget_ms=300).flat().keys() | {"rss_mb"}
    for name in ("main-job", "ahead", "fast-typist"):
        budget = find_budget(name)
        assert budget.at_most.keys() | budget.at_least.keys() <= measured


def test_a_limit_is_kept_missed_or_not_measured() -> None:
    figures = {"final_worst_ms": 250.0, "saved_share": 0.29, "taken_share": None}
    kept = {verdict.figure: verdict.kept for verdict in judge(find_budget("main-job"), figures)}
    assert kept["final_worst_ms"] is True
    assert kept["saved_share"] is False
    assert kept["taken_share"] is None
    assert kept["rss_mb"] is None


def test_an_unknown_table_is_answered_with_those_there_are() -> None:
    with pytest.raises(UnknownBudgetError, match="main-job"):
        find_budget("sideways")
