"""The command line of `make bench`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from latency.bench.page import page, quoted, summary, with_quoted
from latency.bench.results import Result, StageFailedError, run
from latency.bench.stages import STAGES, Stage, there
from latency.budget import find_budget
from latency.places import ROOT

PAGE = ROOT / "docs" / "measured.md"
README = ROOT / "README.md"

app = typer.Typer(add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False)


@app.command()
def main(
    stages: Annotated[
        list[str] | None,
        typer.Argument(help=f"Only these of: {', '.join(stage.name for stage in STAGES)}."),
    ] = None,
) -> None:
    """Measure everything, hold it against the limits, and write docs/measured.md and README's part of it.

    Stages that are not named keep the results of their last run. The exit code is 2 where a stage could not
    be measured; a limit that is missed is written down and changes nothing.
    """
    console = Console()
    unknown = set(stages or []) - {stage.name for stage in STAGES}
    if unknown:
        raise typer.BadParameter(f"no such stage: {', '.join(sorted(unknown))}")
    failed = [
        stage for stage in STAGES if (not stages or stage.name in stages) and not _measured(stage, console)
    ]
    write(console)
    if failed:
        raise typer.Exit(2)


def _measured(stage: Stage, console: Console) -> bool:
    if not there(stage):
        console.print(f"[yellow]{stage.name}: these sources have no {stage.module}[/]")
        return True
    console.rule(stage.title)
    console.print(stage.command, soft_wrap=True)
    try:
        run(stage).write(stage.result)
    except StageFailedError as error:
        stage.result.unlink(missing_ok=True)
        console.print(f"[bold red]bench:[/] {error}")
        return False
    return True


def write(console: Console) -> None:
    """The page and README's part, from the results that there are."""
    results = [(stage, Result.read(stage.result)) for stage in STAGES]
    measured = [(stage, result) for stage, result in results if result is not None]
    missing = [stage for stage, result in results if result is None]
    PAGE.write_text(page(measured, missing, find_budget("project").at_most["bench_minutes"]), "utf-8")
    readme = README.read_text("utf-8")
    assert quoted(readme) is not None, "README.md has lost the marks between which the figures stand"
    README.write_text(with_quoted(readme, summary(measured)), "utf-8")
    console.print(f"Written: {PAGE.relative_to(ROOT)}, and its summary in {README.name}")
