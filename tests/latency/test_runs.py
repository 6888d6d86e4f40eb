"""Where the runs of the model go, read from a server's metrics."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from rich.console import Console

from foretype.support.metrics import Stages
from foretype.support.stage import RunPurpose
from latency.runs import Runs, flat_of, print_runs, runs_by_purpose


def counted() -> str:
    registry = CollectorRegistry()
    stages = Stages(registry)
    stages.ran(RunPurpose.AHEAD, tokens=5, results=4, seconds=0.5)
    stages.ran(RunPurpose.AHEAD, tokens=2, results=1, seconds=0.25)
    stages.used(RunPurpose.AHEAD, first_of_run=True)
    stages.used(RunPurpose.AHEAD, first_of_run=False)
    stages.ran(RunPurpose.KEYSTROKE, tokens=1, results=1, seconds=0.25)
    return generate_latest(registry).decode()


def test_runs_are_read_by_what_asked_for_them() -> None:
    found = runs_by_purpose(counted())
    assert found[RunPurpose.AHEAD] == Runs(2, 1, 7, 5, 2, 0.75)
    assert found[RunPurpose.KEYSTROKE] == Runs(1, 0, 1, 1, 0, 0.25)
    assert set(found) == set(RunPurpose)
    assert found[RunPurpose.AHEAD].used_share == 0.5
    assert found[RunPurpose.AHEAD].results_used_share == 0.4


def test_a_purpose_without_runs_has_no_share() -> None:
    flat = flat_of(runs_by_purpose(counted()), 10)
    assert flat["ahead_runs_per_keystroke"] == 0.2
    assert flat["late_used_share"] is None


def test_the_table_has_a_row_for_each_purpose(capsys: pytest.CaptureFixture[str]) -> None:
    print_runs(runs_by_purpose(counted()), 10, Console(width=160))
    said = capsys.readouterr().out
    assert "the next keystrokes, ahead" in said
    assert "40.0 %" in said
    assert len([line for line in said.splitlines() if line.startswith("│")]) == len(RunPurpose)
