"""The figures of `latency.key_cost`, from times as its browser test writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from latency import key_cost
from latency.budget import find_budget
from latency.extension import ExtensionUnavailableError, lend_packages, run_in
from latency.key_cost import PROOF, ROWS, Seen, measured
from latency.versus.figures import ratio_name

TIMES: dict[str, Any] = {
    "key": {"textarea": [3.0, 1.0, 2.0], "editable": []},
    "ghost": [float(ms) for ms in range(1, 21)],
    "idle": [0.0, 0.0],
    "frame": [0.2, 0.6],
}


def test_each_row_of_the_table_has_its_figure() -> None:
    flat = Seen(**TIMES).flat()
    assert set(flat) == set(ROWS)
    assert (flat["textarea_key_p50_ms"], flat["textarea_key_p95_ms"]) == (2.0, 3.0)
    assert flat["editable_key_p50_ms"] is None
    assert (flat["ghost_p50_ms"], flat["ghost_p95_ms"]) == (10.0, 19.0)
    assert flat["idle_ms"] == 0.0
    assert flat["frame_ms"] == pytest.approx(0.4)


def test_every_limit_is_one_of_a_figure() -> None:
    budget = find_budget("key-cost")
    assert set(budget.at_most) | set(budget.at_least) <= set(ROWS) | {ratio_name(name) for name in ROWS}


def test_both_builds_are_measured_in_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the newer one asks for a proof of the token."""
    (tmp_path / "new" / PROOF).parent.mkdir(parents=True)
    (tmp_path / "new" / PROOF).touch()
    asked: dict[str, str] = {}

    def run(folder: Path, command: object, environment: dict[str, str]) -> str:
        asked.update(environment)
        Path(environment["FORETYPE_FIGURES"]).write_text(json.dumps([TIMES, TIMES]), "utf-8")
        return ""

    monkeypatch.setattr(key_cost, "run_in", run)
    assert measured((tmp_path / "new", tmp_path / "old"), 3) == [Seen(**TIMES), Seen(**TIMES)]
    assert [one["wantsProof"] for one in json.loads(asked["FORETYPE_BUILDS"])] == [True, False]
    assert asked["FORETYPE_ROUNDS"] == "3"


def test_a_program_that_fails_ends_the_measurement_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(ExtensionUnavailableError, match="not today"):
        run_in(tmp_path, ("sh", "-c", "echo not today >&2; exit 3"))
    assert run_in(tmp_path, ("sh", "-c", "echo $A; exit 3"), {"A": "b"}, may_fail=True) == "b\n"
    with pytest.raises(ExtensionUnavailableError, match="there-is-no-such"):
        run_in(tmp_path, ("there-is-no-such-program",))


def test_another_checkout_uses_the_packages_of_this_one(tmp_path: Path) -> None:
    lend_packages(tmp_path)
    lend_packages(tmp_path)
    assert (tmp_path / "node_modules").is_symlink()
