"""`foretype compare` on the command line, with tiny models."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest
from typer.testing import CliRunner, Result

import foretype
from foretype.cli import app
from foretype.compare import run as running
from foretype.models.manifest import GRAPH, MANIFEST
from tests.compare.conftest import DRAWN, LEARNT, copied


def run(*arguments: object, columns: int = 80) -> Result:
    runner = CliRunner(env={"COLUMNS": str(columns)})
    return runner.invoke(app, ["compare", *map(str, arguments), "--threads", "1"])


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(foretype.__file__).parents[1]), "COLUMNS": "100"}


def row(table: str, name: str) -> list[str]:
    """The cells of a row. No cell may hold two spaces."""
    (line,) = (line for line in table.splitlines() if line.strip().startswith(name))
    return re.split(r" {2,}", line.strip())[1:]


def test_models_stand_side_by_side_in_a_table_a_picture_and_a_file(
    models_dir: Path, texts: Path, tmp_path: Path
) -> None:
    figures, picture = tmp_path / "new" / "figures.json", tmp_path / "picture.svg"
    files = "--json", figures, "--picture", picture
    result = run(
        *(LEARNT, models_dir / LEARNT, DRAWN), "--models-dir", models_dir, "--texts", texts, "--quick", *files
    )
    assert result.exit_code == 0, result.stderr
    table = result.stdout
    assert max(map(len, table.splitlines())) <= 80
    for name, unit in (("size on disk", "MB"), ("memory", "MB"), ("time to load", "s")):
        assert [cell.split()[1] for cell in row(table, name)] == [unit] * 3
    for name in ("one more token", "first 64 tokens", "answer in a new field"):
        assert all(float(cell.removesuffix(" ms").replace(",", "")) > 0 for cell in row(table, name))
    first, second, drawn = row(table, "bits per byte")
    assert first == second  # the same model twice
    assert float(first) < 3  # an untrained model needs 8
    assert drawn == "random weights"
    saved = row(table, "keystrokes saved")
    assert saved[0] == saved[1] != "0.0 %"
    assert saved[2] == "–"
    assert f"Quality: {texts}" in table.replace("\n", " ").replace("  ", " ")
    written = json.loads(figures.read_text("utf-8"))
    assert [model["model"] for model in written["models"]] == [
        LEARNT,
        f"{models_dir.name}/{LEARNT}",
        DRAWN,
    ]
    assert written["models"][2]["quality"] is None
    assert "invoice" not in figures.read_text("utf-8") + table  # a word of the texts
    said = "".join(ElementTree.parse(picture).getroot().itertext())
    assert "budget 300 ms" in said
    assert "random weights" in said


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nothing",), 1, "“nothing”: neither a folder nor a recipe has this name. Prepared in"),
        (("smollm2-135m",), 1, "Prepare it with: foretype prepare smollm2-135m"),
        (("{texts}",), 1, "holds no prepared model"),
        (("{models}",), 1, f"but is not a model itself. Name one of them: {LEARNT}, {DRAWN}."),
        ((LEARNT, "--texts", "{models}"), 1, "holds no text: no file ends in .txt or .md."),
        ((LEARNT, "--texts", "{nowhere}"), 1, "There is no folder"),
        ((LEARNT, "--picture", "{texts}"), 2, "cannot be written: choose another file."),
        ((LEARNT, "--json", "{texts}/000.txt/figures.json"), 2, "cannot be written: choose another file."),
    ],
)
def test_a_mistake_is_one_sentence_before_anything_is_measured(
    models_dir: Path, texts: Path, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    places = {"models": models_dir, "texts": texts, "nowhere": tmp_path / "nowhere"}
    result = run(*(word.format(**places) for word in arguments), "--models-dir", models_dir)
    assert result.exit_code == code
    (line,) = result.stderr.splitlines()
    assert said in line


def test_a_folder_that_is_not_prepared_and_an_altered_one_have_different_errors(
    models_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert f"foretype prepare {tmp_path}" in run(tmp_path).stderr
    altered = copied(models_dir / LEARNT, tmp_path / "altered")
    (altered / GRAPH).unlink()
    assert "model.onnx is missing" in run(altered).stderr


def test_a_model_that_cannot_run_is_reported_without_a_stack_trace(models_dir: Path, tmp_path: Path) -> None:
    broken = copied(models_dir / LEARNT, tmp_path / "broken")
    (broken / GRAPH).unlink()
    (broken / GRAPH).write_bytes(b"no graph")
    manifest = json.loads((broken / MANIFEST).read_text("utf-8"))
    from foretype.models.prepared import sha256

    manifest["files"][GRAPH] = {"sha256": sha256(broken / GRAPH), "bytes": 8}
    manifest["checksum"] = ""
    (broken / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    result = run(broken, "--quick")
    assert result.exit_code == 1
    assert re.search(r"broken could not be measured: running it raised \w+, so", result.stderr.strip())
    assert "Traceback" not in result.stderr

    beside = run(broken, models_dir / DRAWN, "--quick", "--json", tmp_path / "figures.json")
    assert beside.exit_code == 1
    assert "broken could not be measured" in beside.stderr
    models = json.loads((tmp_path / "figures.json").read_text("utf-8"))["models"]
    assert [one["model"] for one in models] == [DRAWN]  # its figures are not lost


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        ("os.kill(os.getpid(), 9)", "probably because memory ran out"),
        ("os._exit(7)", "ended with exit code 7"),
    ],
)
def test_a_process_that_dies_is_reported(
    models_dir: Path, monkeypatch: pytest.MonkeyPatch, ending: str, said: str
) -> None:
    monkeypatch.setattr(running, "COMMAND", (sys.executable, "-c", f"import os; {ending}"))
    result = run(LEARNT, "--models-dir", models_dir, "--quick")
    assert result.exit_code == 1
    assert said in result.stderr


def test_ctrl_c_ends_it_with_one_line_and_leaves_no_process(models_dir: Path, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", "foretype", "compare", LEARNT, "--models-dir", str(models_dir)]
    with subprocess.Popen(
        [*command, "--json", str(figures)], env=environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith(f"{LEARNT}, round 1 of 3")
        children = psutil.Process(process.pid).children()
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == "Stopped. Nothing was written.\n"
        assert process.wait(60) == 130
    assert not any(child.is_running() for child in children)
    assert not figures.exists()


def test_help_teaches_and_loads_no_model_library() -> None:
    code = "import sys; from foretype.cli import app; app(['compare', '--help'], standalone_mode=False); "
    check = "assert not {'torch', 'onnxruntime', 'numpy'} & set(sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code + check], env=environment(), capture_output=True, text=True, check=True
    )
    assert "foretype compare smollm2-135m distilgpt2 --texts" in found.stdout
