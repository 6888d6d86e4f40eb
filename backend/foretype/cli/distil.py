"""`foretype distil`: make a smaller model of a larger one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from foretype.cli.common import fail
from foretype.cli.signals import asked_by_signals
from foretype.cores import physical_cores
from foretype.ending import INTERRUPTED

if TYPE_CHECKING:
    from foretype.distil.journal import Measured, Trained
    from foretype.distil.plan import Plan
    from foretype.distil.run import Student, Training
    from foretype.models.progress import Progress as Told

SMOOTHING = 0.9  # of the losses on the bar: one batch says little


def _option(flag: str, words: str, **limits: Any) -> Any:
    return typer.Option(flag, help=words, show_default=False, **limits)


def distil(
    teacher: Annotated[Path, typer.Argument(help="A folder with a transformers model (safetensors).")],
    texts: Annotated[Path, typer.Argument(help="A folder of texts: .txt and .md files, in UTF-8.")],
    out: Annotated[Path, typer.Option("--out", help="The folder for the student.", show_default=False)],
    layers: Annotated[
        int | None, _option("--layers", "Layers of the student; by default half the teacher's.", min=1)
    ] = None,
    steps: Annotated[
        int | None, _option("--steps", "Steps; by default as many as three passes over the texts.", min=1)
    ] = None,
    temperature: Annotated[
        float | None, _option("--temperature", "Softens both distributions; 2.0 by default.", min=0)
    ] = None,
    alpha_soft: Annotated[
        float | None, _option("--alpha-soft", "Weight of the teacher's soft targets; 5.0 by default.", min=0)
    ] = None,
    alpha_language: Annotated[
        float | None, _option("--alpha-language", "Weight of the next token's loss; 2.0 by default.", min=0)
    ] = None,
    alpha_hidden: Annotated[
        float | None, _option("--alpha-hidden", "Weight of the hidden states' cosine; 1.0 by default.", min=0)
    ] = None,
    batch_size: Annotated[
        int | None,
        _option("--batch-size", "Windows of text that go through at once; 8 by default.", min=1),
    ] = None,
    accumulate: Annotated[
        int | None,
        _option("--accumulate", "Batches to one step, where memory holds one only; 1 by default.", min=1),
    ] = None,
    length: Annotated[
        int | None, _option("--length", "Tokens in a window of text; 256 by default.", min=2)
    ] = None,
    learning_rate: Annotated[
        float | None, _option("--learning-rate", "The highest; 0.0005 by default.", min=0)
    ] = None,
    every: Annotated[
        int | None,
        _option("--every", "Steps between evaluations with a checkpoint; by default 20 in a run.", min=1),
    ] = None,
    seed: Annotated[
        int | None, _option("--seed", "Order of the texts and dropout; 0 by default.", min=0)
    ] = None,
    device: Annotated[
        str | None,
        _option("--device", "Where PyTorch computes; by default cuda where it is there, else cpu."),
    ] = None,
    threads: Annotated[
        int | None, _option("--threads", "Processor threads; by default one a physical core.", min=1)
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out.")] = False,
) -> None:
    """Make a smaller model of a larger one, by the recipe that made DistilGPT2 from GPT-2.

    The student begins with some of the teacher's layers and learns from texts to answer as the teacher does.
    Ctrl-C keeps a checkpoint; `--resume` goes on from the last one as if there had been no interruption.
    The folder then holds the student for `foretype prepare`, `training.jsonl`, and the curve in `loss.svg`.

    **Examples**

    `foretype distil ~/models/gpt2 ~/texts --out ~/models/small` trains a student of half the layers.

    `foretype distil ~/models/gpt2 ~/texts --out ~/models/small --resume` goes on with it.

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
        console.print("Stopped. The same command with --resume goes on from where this was.")
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
    """The student; where there is none, a sentence and the exit."""
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
        fail(str(error))
    except StoppedError as stopped:
        console.print(
            f"Stopped after step {stopped.step}. The same command with --resume goes on from there."
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
    """Draws a run, and knows whether the person wants it to stop."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._asked_to_stop = False

    def stopping(self) -> bool:
        return self._asked_to_stop

    def preparing(self) -> AbstractContextManager[Told]:
        from foretype.cli.progress import drawn

        return drawn(self._console)

    @contextmanager
    def training(self, plan: Plan, done: int) -> Iterator[Training]:
        """While it lasts, the first Ctrl-C or SIGTERM only asks to stop; the second interrupts."""
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
        # A thread of its own: a handler may interrupt a print, whose words would be written twice.
        saying = threading.Thread(target=self._console.print, args=["Stopping after this step …"])

        def ask() -> None:
            self._asked_to_stop = True
            saying.start()

        try:
            with asked_by_signals(ask):
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
    """Where there is no terminal: a line for each evaluation."""

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
