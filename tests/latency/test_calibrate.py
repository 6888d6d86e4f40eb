"""Which threshold is chosen, and on which texts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from latency.calibrate import Row, advised, app, choose, halves
from latency.command import NOT_MEASURED
from latency.errors import MeasurementError

PRESENT = Row("email", "check", 0.2, saved_share=0.30, taken_share=0.52, shown=100, keys=700)


def test_the_most_keystrokes_are_saved_among_those_that_are_accepted_often_enough() -> None:
    often, seldom = replace(PRESENT, saved_share=0.32), replace(PRESENT, saved_share=0.40, taken_share=0.41)
    assert choose([PRESENT, often, seldom], 0.5) is often
    assert choose([PRESENT, often, seldom], 0.4) is seldom


def test_if_none_is_accepted_often_enough_the_most_accepted_one_is_chosen() -> None:
    assert choose([replace(PRESENT, saved_share=0.4, taken_share=0.4), PRESENT], 0.9) is PRESENT


def test_a_threshold_that_is_only_better_on_the_texts_it_was_chosen_with_is_not_advised() -> None:
    worse = replace(PRESENT, threshold=0.1, saved_share=0.29)
    better = replace(PRESENT, threshold=0.1, saved_share=0.31)
    assert advised([PRESENT, worse], 0.5) == 0.2
    assert advised([PRESENT, better], 0.5) == 0.1
    assert advised([PRESENT], 0.5) == 0.2


def test_no_text_is_in_both_halves() -> None:
    assert halves(["a", "b", "c"]) == (["a", "c"], ["b"])
    with pytest.raises(MeasurementError, match="--mails"):
        halves(["a"])


def test_a_model_that_is_not_prepared_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORETYPE_MODELS_DIR", str(tmp_path))
    result = CliRunner().invoke(app, ["--model", "none"])
    assert result.exit_code == NOT_MEASURED
    assert "calibrate: " in result.output
