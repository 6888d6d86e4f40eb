"""The figures of measurements with several servers."""

from __future__ import annotations

import pytest

from latency.several.in_turns import figures_of


def test_what_the_second_way_adds_is_counted_keystroke_by_keystroke() -> None:
    """A keystroke that is slow on both ways adds nothing."""
    flat = figures_of(([1.0, 1.0, 50.0], [1.2, 1.1, 50.3]), ("direct", "through"))
    assert flat["added_p50_ms"] == pytest.approx(0.2)
    assert flat["added_p95_ms"] == pytest.approx(0.3)
    assert (flat["direct_p50_ms"], flat["through_p50_ms"]) == (1.0, 1.2)
    assert flat["pairs"] == 3
