"""The figures of measurements with several servers."""

from __future__ import annotations

import pytest

from latency.budget import find_budget
from latency.rolling import WORDS as OF_ROLLING
from latency.scale_out import WORDS as OF_SCALE_OUT
from latency.several.in_turns import figures_of
from latency.several.spread import evenness


def test_what_the_second_way_adds_is_counted_keystroke_by_keystroke() -> None:
    """A keystroke that is slow on both ways adds nothing."""
    flat = figures_of(([1.0, 1.0, 50.0], [1.2, 1.1, 50.3]), ("direct", "through"))
    assert flat["added_p50_ms"] == pytest.approx(0.2)
    assert flat["added_p95_ms"] == pytest.approx(0.3)
    assert (flat["direct_p50_ms"], flat["through_p50_ms"]) == (1.0, 1.2)
    assert flat["pairs"] == 3


def test_sockets_are_compared_with_an_even_part() -> None:
    assert evenness({"s01": 12, "s02": 12, "s03": 0}) == {
        "sockets_most_ratio": 1.5,
        "sockets_least_ratio": 0.0,
    }


@pytest.mark.parametrize(("name", "words"), [("rolling", OF_ROLLING), ("scale-out", OF_SCALE_OUT)])
def test_every_limit_belongs_to_a_figure_of_the_command(name: str, words: dict[str, str]) -> None:
    budget = find_budget(name)
    assert {*budget.at_most, *budget.at_least} <= words.keys()
