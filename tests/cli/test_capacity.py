"""`foretype capacity`: the table, the files, and the sentences for wrong input."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from foretype.cli import app

MEASURED = {
    "machine": "a machine, 2 cores",
    "model": "a-model",
    "wpm": 40.0,
    "served": 48,
    "steps": [{"typists": 48}, {"typists": 64}],
}


def capacity(*words: object) -> Result:
    return CliRunner().invoke(app, ["capacity", *map(str, words)], env={"COLUMNS": "200"})


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    file = tmp_path / "measured.json"
    file.write_text(json.dumps(MEASURED))
    return file


def test_the_plan_stands_beside_the_articles(measured: Path) -> None:
    ended = capacity("--typists", 400, "--price", 0.08, "--measured", measured)
    assert ended.exit_code == 0
    for said in (
        "a machine, 2 cores",
        "the article",
        "$0.08 ",
        "$0.752",
        "$0.96",
        "$150.40",
        "25% head room",
    ):
        assert said in ended.stdout
    assert ended.stderr == ""


def test_figures_that_come_with_foretype_are_named_as_such() -> None:
    ended = capacity("--typists", 400, "--price", 0.08)
    assert ended.exit_code == 0
    assert "come with Foretype" in ended.stderr
    assert "python -m latency.capacity" in ended.stderr


def test_the_plan_is_written_and_drawn(measured: Path, tmp_path: Path) -> None:
    json_file, picture = tmp_path / "new" / "plan.json", tmp_path / "plan.svg"
    words = (
        "--typists",
        10_000,
        "--price",
        0.08,
        "--measured",
        measured,
        "--price",
        0.75,
        "--measured",
        measured,
    )
    ended = capacity(*words, "--json", json_file, "--picture", picture)
    assert ended.exit_code == 0
    written = json.loads(json_file.read_text())
    assert [plan["machines"] for plan in written["plans"]] == [278, 278]
    assert written["plans"][1]["dollars_an_hour"] == pytest.approx(278 * 0.75)
    assert written["article"]["machines"] == 5000
    assert written["wanted"]["head_room"] == 0.25
    drawn = " ".join(text for text in ElementTree.fromstring(picture.read_text()).itertext())
    assert "10,000 people" in drawn
    assert "the article: $3,760.00" in drawn


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--typists", 0, "--price", 1), "--typists"),
        (("--typists", "many", "--price", 1), "--typists"),
        (("--typists", 10, "--price", 0), "number above 0"),
        (("--typists", 10, "--price", "nan"), "number above 0"),
        (("--typists", 10, "--price", "inf"), "number above 0"),
        (("--typists", 10, "--price", -1), "number above 0"),
        (("--typists", 10), "for example --price 0.08"),
        (("--typists", 10, "--price", 1, "--price", 2), "Give one --price"),
        (("--typists", 10, "--price", 1, "--head-room", 1), "--head-room"),
        (("--typists", 10, "--price", 1, "--head-room", "nan"), "--head-room"),
        (("--typists", 10, "--price", 1, "--servers-per-machine", 0), "--servers-per-machine"),
        (("--typists", 10, "--price", 1, "--measured", "missing.json"), "python -m latency.capacity"),
        (("--price", 1), "--typists"),
    ],
)
def test_wrong_input_is_a_sentence_and_the_exit_code_of_usage(words: tuple[object, ...], said: str) -> None:
    ended = capacity(*words)
    assert ended.exit_code == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_file_that_cannot_be_written_is_an_error(measured: Path, tmp_path: Path) -> None:
    ended = capacity("--typists", 9, "--price", 1, "--measured", measured, "--json", measured / "plan.json")
    assert ended.exit_code == 2
    assert "cannot be written" in ended.stderr
