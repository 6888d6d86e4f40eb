"""`make bench` writes what was measured into docs/measured.md."""

from __future__ import annotations

from pathlib import Path

from latency.bench import results
from latency.bench.page import HEADLINES, page, quoted, summary
from latency.bench.results import Result
from latency.bench.stages import ROOT, STAGES, Stage
from latency.budget import find_budget

TYPIST = STAGES[0]


def result(stage: Stage, **figures: float | None) -> Result:
    tables = {"": figures} | dict.fromkeys(stage.budgets, figures)
    return Result("a machine", "2026-01-02", stage.command, 90.0, tables, {"model": "script"})


def test_the_page_has_its_summary_between_the_marks() -> None:
    assert quoted((ROOT / "docs" / "measured.md").read_text("utf-8")) is not None


def test_every_stage_belongs_to_the_budget_and_has_a_name_of_its_own() -> None:
    assert len({stage.name for stage in STAGES}) == len(STAGES)
    for stage in STAGES:
        limited = {
            figure
            for budget in map(find_budget, stage.budgets)
            for figure in budget.at_most.keys() | budget.at_least.keys()
        }
        assert set(HEADLINES.get(stage.name, ())) <= limited


def test_a_limit_is_kept_missed_or_not_measured() -> None:
    said = summary([(TYPIST, result(TYPIST, final_p50_ms=1.234, tree_share=0.5))])
    assert "final answer, median | 1.23 ms | at most 2 ms | kept |" in said
    assert "answered from the tree | 50 % | at least 80 % | **not kept** |" in said
    assert "memory of the server |  | at most 600 MB | not measured |" in said
    assert said.startswith("a machine, 2026-01-02:")


def test_a_limit_that_is_just_missed_does_not_look_kept() -> None:
    said = summary([(TYPIST, result(TYPIST, final_p50_ms=2.0001))])
    assert "final answer, median | 2 ms (rounded) | at most 2 ms | **not kept** |" in said


def test_the_page_holds_the_summary_commands_pictures_and_what_is_missing() -> None:
    said = page([(TYPIST, result(TYPIST, model_runs_per_keystroke=1.5))], STAGES[2:3], 15)
    assert quoted(said) == summary([(TYPIST, result(TYPIST))])
    assert TYPIST.command in said
    assert "images/latency.svg" in said
    assert "1.50 model runs per keystroke" in said
    assert "Not measured: compared with llama.cpp" in said
    assert "1.5 minutes (limit 15)" in said


def test_how_near_random_weights_come_is_said_where_both_were_measured() -> None:
    stages = {stage.name: stage for stage in STAGES}
    both = [
        (stages["typist"], result(stages["typist"], model_runs_per_keystroke=1.86)),
        (stages["shape"], result(stages["shape"], model_runs_per_keystroke=1.83)),
    ]
    assert "texts drawn from them, the server needs 1.83 model runs per keystroke" in page(both, [], 15)
    assert "texts drawn from them" not in page(both[:1], [], 15)


def test_a_text_without_the_marks_quotes_nothing() -> None:
    assert quoted("# Readme") is None


def test_results_are_kept_for_the_next_page(tmp_path: Path) -> None:
    kept = result(STAGES[1], final_worst_ms=100.0)
    kept.write(tmp_path / "made" / "stage.json")
    assert Result.read(tmp_path / "made" / "stage.json") == kept
    assert Result.read(tmp_path / "none.json") is None


def test_a_list_that_is_named_like_a_table_is_not_taken_for_it() -> None:
    """The peers' file has the peers themselves under the name of their budget."""
    stage = next(stage for stage in STAGES if stage.name == "peers")
    said = {"flat": {"step_ratio": 1.2}, "peers": [{"name": "another"}]}
    assert results._figures(stage, said)["peers"] == {"step_ratio": 1.2}
