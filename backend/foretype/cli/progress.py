"""Progress at the terminal: a bar or a spinner for the current step, and a line for each finished step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from foretype.support.progress import Progress as Reporter
from foretype.support.progress import ProgressStep

WORTH_A_LINE = 1.0  # seconds: a shorter step gets no line


@contextmanager
def draw_progress(console: Console) -> Iterator[Reporter]:
    """Draw progress on `console`. If it is not a terminal, print a line when each step begins."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[share]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        yield _Bars(bars)


class _Bars:
    def __init__(self, bars: Progress) -> None:
        self._bars = bars

    @contextmanager
    def step(self, what: str) -> Iterator[ProgressStep]:
        task = self._bars.add_task(what, total=None, share="")
        start = time.monotonic()
        try:
            yield _Bar(self._bars, task)
        finally:
            self._bars.remove_task(task)
        seconds = time.monotonic() - start
        if seconds >= WORTH_A_LINE:
            self._bars.console.print(f"[green]✓[/green] {what} [dim]{seconds:.0f} s[/dim]")

    def say(self, line: str) -> None:
        self._bars.console.print(line)


class _Bar:
    def __init__(self, bars: Progress, task: TaskID) -> None:
        self._bars = bars
        self._task = task

    def advance(self, done: float, total: float) -> None:
        done = min(
            done, total
        )  # the total of a download does not include its framing, so more bytes than that may arrive
        self._bars.update(self._task, completed=done, total=total, share=f"{done / total:.0%}")


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def step(self, what: str) -> Iterator[ProgressStep]:
        self._console.print(f"{what} …")
        yield _Quiet()

    def say(self, line: str) -> None:
        self._console.print(line)


class _Quiet:
    def advance(self, done: float, total: float) -> None:
        return
