"""`foretype distil`: train a smaller model from a larger one."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from foretype.cli.common import fail, progress_console
from foretype.cli.distil_progress import Watcher
from foretype.support.cores import physical_cores
from foretype.support.ending import INTERRUPTED

if TYPE_CHECKING:
    from foretype.distil.run import FinishedRun


def _option(flag: str, words: str, **limits: Any) -> Any:
    return typer.Option(flag, help=words, show_default=False, **limits)


def distil(
    teacher: Annotated[Path, typer.Argument(help="A folder with a transformers model (safetensors).")],
    texts: Annotated[Path, typer.Argument(help="A folder of texts: .txt and .md files, in UTF-8.")],
    out: Annotated[Path, typer.Option("--out", help="The folder for the student.", show_default=False)],
    layers: Annotated[
        int | None, _option("--layers", "The student's layers; by default half of the teacher's.", min=1)
    ] = None,
    steps: Annotated[
        int | None,
        _option("--steps", "Training steps; by default as many as three passes over the texts need.", min=1),
    ] = None,
    temperature: Annotated[
        float | None, _option("--temperature", "Divisor of both models' logits; 2.0 by default.", min=0)
    ] = None,
    alpha_soft: Annotated[
        float | None,
        _option(
            "--alpha-soft", "Weight of the loss against the teacher's distribution; 5.0 by default.", min=0
        ),
    ] = None,
    alpha_language: Annotated[
        float | None,
        _option("--alpha-language", "Weight of the loss on the next token; 2.0 by default.", min=0),
    ] = None,
    alpha_hidden: Annotated[
        float | None,
        _option("--alpha-hidden", "Weight of the cosine loss on the hidden states; 1.0 by default.", min=0),
    ] = None,
    batch_size: Annotated[
        int | None,
        _option("--batch-size", "Windows of text in one batch; 8 by default.", min=1),
    ] = None,
    accumulate: Annotated[
        int | None,
        _option("--accumulate", "Batches in one training step, if memory is short; 1 by default.", min=1),
    ] = None,
    length: Annotated[
        int | None, _option("--length", "Tokens in a window of text; 256 by default.", min=2)
    ] = None,
    learning_rate: Annotated[
        float | None, _option("--learning-rate", "The highest learning rate; 0.0005 by default.", min=0)
    ] = None,
    every: Annotated[
        int | None,
        _option(
            "--every",
            "Steps between two evaluations, each with a checkpoint; by default 20 evaluations in a run.",
            min=1,
        ),
    ] = None,
    seed: Annotated[
        int | None, _option("--seed", "Seed for the order of the texts and for dropout; 0 by default.", min=0)
    ] = None,
    device: Annotated[
        str | None,
        _option("--device", "The PyTorch device; by default cuda if there is one, else cpu."),
    ] = None,
    threads: Annotated[
        int | None, _option("--threads", "Processor threads; by default one for each physical core.", min=1)
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the run in --out.")] = False,
) -> None:
    """Train a smaller model (the student) from a larger one (the teacher), as DistilGPT2 was made from GPT-2.

    The student begins with some of the teacher's layers, and learns from texts to predict what the teacher
    predicts. Ctrl-C writes a checkpoint. `--resume` continues from the last checkpoint, with the same result
    as without the interruption. At the end the folder contains the student for `foretype prepare`, the
    measurements in `training.jsonl`, and the loss curve in `loss.svg`.

    **Examples**

    `foretype distil ~/models/gpt2 ~/texts --out ~/models/small` trains a student with half the layers.

    `foretype distil ~/models/gpt2 ~/texts --out ~/models/small --resume` continues this run.

    `foretype prepare ~/models/small` makes the student ready to serve.
    """
    from foretype.models.errors import ExportMissingError
    from foretype.prepare.packages import require_export

    try:
        require_export("Training a model")
    except ExportMissingError as error:
        fail(error)
    console = progress_console()
    wishes = {
        "layers": layers,
        "steps": steps,
        "temperature": temperature,
        "alpha_soft": alpha_soft,
        "alpha_language": alpha_language,
        "alpha_hidden": alpha_hidden,
        "batch_size": batch_size,
        "accumulate": accumulate,
        "length": length,
        "learning_rate": learning_rate,
        "every": every,
        "seed": seed,
    }
    folders = [path.expanduser().resolve() for path in (teacher, texts, out)]
    try:
        student = _distil(console, folders, wishes, resume, device, threads or physical_cores())
    except KeyboardInterrupt:
        console.print("Stopped. The same command with --resume continues from the last checkpoint.")
        raise typer.Exit(INTERRUPTED) from None
    console.print(_summary(student))


def _distil(
    console: Console,
    folders: list[Path],
    wishes: dict[str, Any],
    resume: bool,
    device: str | None,
    threads: int,
) -> FinishedRun:
    """The student. If the run fails or is stopped, prints a sentence and exits."""
    with console.status("Loading PyTorch") if console.is_terminal else nullcontext():
        from foretype.distil.errors import DistilError, StoppedError
        from foretype.distil.plan import PlanOptions
        from foretype.distil.run import RunRequest, distil

    teacher, texts, out = folders
    watcher = Watcher(console)
    try:
        asked = RunRequest(teacher, texts, out, PlanOptions(**wishes), resume, _device(device), threads)
        return distil(asked, watcher, watcher.stopping)
    except DistilError as error:
        fail(error)
    except StoppedError as stopped:
        console.print(
            f"Stopped after step {stopped.step}. The same command with --resume continues from there."
        )
        raise typer.Exit(INTERRUPTED) from None


def _device(asked: str | None) -> str:
    import torch

    if asked is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(1, device=asked)
    except (RuntimeError, AssertionError):  # no such device, or PyTorch was built without it
        fail(f"PyTorch cannot compute on the device “{asked}” here. Leave --device out.")
    return asked


def _summary(student: FinishedRun) -> str:
    first, last = student.first, student.last
    return (
        f"The student is in {student.folder}: {last.student_bits_per_byte:.3f} bits per byte on held-out "
        f"texts after {last.step} steps, {first.student_bits_per_byte:.3f} before them; the teacher has "
        f"{last.teacher_bits_per_byte:.3f}. The curve is in loss.svg."
    )
