"""`foretype distil`: train a smaller model from a larger one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from foretype.cli.common import INTERRUPTED, fail
from foretype.cli.signals import first_signal_calls
from foretype.support.cores import physical_cores

if TYPE_CHECKING:
    from foretype.distil.journal import Measured, Trained
    from foretype.distil.plan import Plan
    from foretype.distil.run import Student, Training
    from foretype.support.progress import Progress as Reporter

SMOOTHING = 0.9  # of the losses beside the bar, because those of one batch vary a lot


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
    console = Console(stderr=True, highlight=False)
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
) -> Student:
    """The student. If the run fails or is stopped, prints a sentence and exits."""
    with console.status("Loading PyTorch") if console.is_terminal else nullcontext():
        from foretype.distil.errors import DistilError, StoppedError
        from foretype.distil.plan import Wishes
        from foretype.distil.run import Asked, distil

    teacher, texts, out = folders
    watcher = _Watcher(console)
    try:
        asked = Asked(teacher, texts, out, Wishes(**wishes), resume, _device(device), threads)
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


def _summary(student: Student) -> str:
    first, last = student.first, student.last
    return (
        f"The student is in {student.folder}: {last.student_bits_per_byte:.3f} bits per byte on held-out "
        f"texts after {last.step} steps, {first.student_bits_per_byte:.3f} before them; the teacher has "
        f"{last.teacher_bits_per_byte:.3f}. The curve is in loss.svg."
    )


class _Watcher:
    """Draws a run, and knows whether the user has asked it to stop."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._asked_to_stop = False

    def stopping(self) -> bool:
        return self._asked_to_stop

    def preparing(self) -> AbstractContextManager[Reporter]:
        from foretype.cli.progress import draw_progress

        return draw_progress(self._console)

    @contextmanager
    def training(self, plan: Plan, done: int) -> Iterator[Training]:
        """Inside the `with` block the first Ctrl-C or SIGTERM asks the run to stop; the second interrupts."""
        with self._asking_to_stop():
            if not self._console.is_terminal:
                yield _Lines(self._console, plan)
                return
            columns = (
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                TextColumn("{task.completed:.0f}/{task.total:.0f}"),
                TextColumn("{task.fields[losses]}", style="dim"),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
            )
            with Progress(*columns, console=self._console, transient=True) as bars:
                yield _Bars(bars, plan, done)

    @contextmanager
    def _asking_to_stop(self) -> Iterator[None]:
        # In a thread: the signal handler may have interrupted a print, and a nested print repeats its text.
        saying = threading.Thread(target=self._console.print, args=["Stopping after this step …"])

        def ask() -> None:
            self._asked_to_stop = True
            saying.start()

        try:
            with first_signal_calls(ask):
                yield
        finally:
            if self._asked_to_stop:
                saying.join()


class _Bars:
    def __init__(self, bars: Progress, plan: Plan, done: int) -> None:
        self._bars = bars
        self._steps: TaskID = bars.add_task("train", total=plan.steps, completed=done, losses="")
        self._measure: TaskID = bars.add_task("measure", total=1, visible=False, losses="")
        self._smooth: dict[str, float] = {}

    def trained(self, entry: Trained) -> None:
        parts = ("soft_targets", "language_model", "hidden_states", "tokens_per_second")
        for part in parts:
            value = getattr(entry, part)
            self._smooth[part] = SMOOTHING * self._smooth.get(part, value) + (1 - SMOOTHING) * value
        soft, language, hidden, speed = (self._smooth[part] for part in parts)
        losses = f"soft {soft:.3f} language {language:.3f} hidden {hidden:.3f} · {speed:,.0f} tokens/s"
        self._bars.update(self._steps, completed=entry.step, losses=losses)

    def measuring(self, done: int, total: int) -> None:
        self._bars.update(self._measure, completed=done, total=total, visible=done < total)

    def measured(self, entry: Measured) -> None:
        self._bars.console.print(_line(entry))


class _Lines:
    """Used if the output is not a terminal: a line for each evaluation."""

    def __init__(self, console: Console, plan: Plan) -> None:
        self._console = console
        self._steps = plan.steps
        self._last: Trained | None = None

    def trained(self, entry: Trained) -> None:
        self._last = entry

    def measuring(self, done: int, total: int) -> None:
        return

    def measured(self, entry: Measured) -> None:
        losses = ""
        if self._last is not None:
            last = self._last
            losses = (
                f"; soft {last.soft_targets:.3f}, language {last.language_model:.3f}, hidden "
                f"{last.hidden_states:.3f}, {last.tokens_per_second:,.0f} tokens/s"
            )
        self._console.print(_line(entry) + losses, soft_wrap=True)


def _line(entry: Measured) -> str:
    return (
        f"step {entry.step}: {entry.student_bits_per_byte:.4f} bits per byte on held-out texts, the teacher "
        f"{entry.teacher_bits_per_byte:.4f}"
    )
