"""The progress of a distillation at the terminal, and the signals that stop it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from foretype.cli.progress import draw_progress
from foretype.cli.signals import first_signal_calls

if TYPE_CHECKING:
    from foretype.distil.journal import Evaluation, TrainingStep
    from foretype.distil.plan import TrainingPlan
    from foretype.distil.run import TrainingProgress
    from foretype.support.progress import Progress as Reporter

SMOOTHING = 0.9  # for the losses beside the bar, because the losses of single batches vary a lot


class Watcher:
    """Draws a run, and knows whether the user has asked it to stop."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._asked_to_stop = False

    def stopping(self) -> bool:
        return self._asked_to_stop

    def preparing(self) -> AbstractContextManager[Reporter]:
        return draw_progress(self._console)

    @contextmanager
    def training(self, plan: TrainingPlan, done: int) -> Iterator[TrainingProgress]:
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
    def __init__(self, bars: Progress, plan: TrainingPlan, done: int) -> None:
        self._bars = bars
        self._steps: TaskID = bars.add_task("train", total=plan.steps, completed=done, losses="")
        self._measure: TaskID = bars.add_task("measure", total=1, visible=False, losses="")
        self._smooth: dict[str, float] = {}

    def trained(self, entry: TrainingStep) -> None:
        parts = ("soft_targets", "language_model", "hidden_states", "tokens_per_second")
        for part in parts:
            value = getattr(entry, part)
            self._smooth[part] = SMOOTHING * self._smooth.get(part, value) + (1 - SMOOTHING) * value
        soft, language, hidden, speed = (self._smooth[part] for part in parts)
        losses = f"soft {soft:.3f} language {language:.3f} hidden {hidden:.3f} · {speed:,.0f} tokens/s"
        self._bars.update(self._steps, completed=entry.step, losses=losses)

    def measuring(self, done: int, total: int) -> None:
        self._bars.update(self._measure, completed=done, total=total, visible=done < total)

    def measured(self, entry: Evaluation) -> None:
        self._bars.console.print(_line(entry))


class _Lines:
    """Used if the output is not a terminal: a line for each evaluation."""

    def __init__(self, console: Console, plan: TrainingPlan) -> None:
        self._console = console
        self._steps = plan.steps
        self._last: TrainingStep | None = None

    def trained(self, entry: TrainingStep) -> None:
        self._last = entry

    def measuring(self, done: int, total: int) -> None:
        return

    def measured(self, entry: Evaluation) -> None:
        losses = ""
        if self._last is not None:
            last = self._last
            losses = (
                f"; soft {last.soft_targets:.3f}, language {last.language_model:.3f}, hidden "
                f"{last.hidden_states:.3f}, {last.tokens_per_second:,.0f} tokens/s"
            )
        self._console.print(_line(entry) + losses, soft_wrap=True)


def _line(entry: Evaluation) -> str:
    return (
        f"step {entry.step}: {entry.student_bits_per_byte:.4f} bits per byte on held-out texts, the teacher "
        f"{entry.teacher_bits_per_byte:.4f}"
    )
