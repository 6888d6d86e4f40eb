"""`foretype distil` on the command line."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

import foretype
from foretype.cli import app

FEW = (
    "--steps",
    "6",
    "--every",
    "3",
    "--length",
    "32",
    "--batch-size",
    "4",
    "--device",
    "cpu",
    "--threads",
    "1",
)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["distil", *map(str, arguments)])


def test_the_command_prints_each_evaluation_and_where_the_student_is(
    gpt2: Path, texts: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    result = run(gpt2, texts, "--out", out, *FEW)
    assert result.exit_code == 0, result.stderr
    lines = result.stderr.splitlines()
    assert [line.split(":")[0] for line in lines if line.startswith("step ")] == [
        "step 0",
        "step 3",
        "step 6",
    ]
    said = " ".join(lines)
    assert "bits per byte on held-out texts, the teacher" in said
    assert "tokens/s" in said
    assert "The student is in" in said
    assert {"model.safetensors", "config.json", "tokenizer.json", "training.jsonl", "loss.svg"} <= {
        file.name for file in out.iterdir()
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("{nowhere}", "{texts}"), "There is no folder"),
        (("{gpt2}", "{nowhere}"), "There is no folder"),
        (("{gpt2}", "{gpt2}"), "holds no text"),
        (("{gpt2}", "{texts}", "--layers", "9"), "--layers is 9; the teacher has 4"),
        (("{gpt2}", "{texts}", "--batch-size", "9999"), "Add texts, or lower --batch-size"),
        (("{gpt2}", "{texts}", "--device", "abacus"), "cannot compute on the device “abacus”"),
    ],
)
def test_a_mistake_is_one_sentence(
    gpt2: Path, texts: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    places = {"gpt2": gpt2, "texts": texts, "nowhere": tmp_path / "nowhere"}
    result = run(*(word.format(**places) for word in arguments), "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert said in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_ctrl_c_keeps_a_checkpoint_and_says_how_to_continue(gpt2: Path, texts: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "foretype", "distil", gpt2, texts, "--out", out]
    many = ["--steps", "100000", "--length", "32", "--every", "50000", "--threads", "1"]
    environment = {**os.environ, "PYTHONPATH": str(Path(foretype.__file__).parents[1])}
    with subprocess.Popen([*command, *many], env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("step 0"):
                break
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        assert process.wait(60) == 130
    assert said.startswith("Stopping after this step …\nStopped after step ")
    assert "--resume" in said
    assert (out / "run" / "checkpoint.pt").is_file()
    refused = run(gpt2, texts, "--out", out)
    assert refused.exit_code == 1
    assert "Continue it with --resume" in refused.stderr


def test_help_teaches_and_needs_no_pytorch() -> None:
    code = "import sys; from foretype.cli import app; app(['distil', '--help'], standalone_mode=False); "
    check = "assert not {'torch', 'transformers'} & set(sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(foretype.__file__).parents[1]), "COLUMNS": "100"}
    found = subprocess.run(
        [sys.executable, "-c", code + check], env=environment, capture_output=True, text=True, check=True
    )
    assert "foretype prepare ~/models/small" in found.stdout


def test_on_a_terminal_a_bar_shows_losses_speed_and_the_time_left() -> None:
    from foretype.cli.distil_progress import Watcher
    from foretype.distil.journal import Evaluation, TrainingStep
    from foretype.distil.plan import TrainingPlan

    before = signal.getsignal(signal.SIGINT)
    plan = TrainingPlan.model_construct(steps=100)
    screen = io.StringIO()
    watcher = Watcher(Console(file=screen, force_terminal=True, highlight=False, width=160))
    with watcher.training(plan, done=40) as training:
        training.measured(Evaluation(40, 1.2, 1.0))
        training.measuring(10, 20)
        training.trained(TrainingStep(41, 9.0, 1.25, 2.5, 0.125, 1e-4, 1500.0))
    shown = screen.getvalue()
    for expected in ("step 40: 1.2000 bits per byte", "41/100", "soft 1.250", "1,500 tokens/s", "left"):
        assert expected in shown
    assert signal.getsignal(signal.SIGINT) is before
