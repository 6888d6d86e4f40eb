"""The command `python -m latency.bench`, which `make bench` runs."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from latency.bench.page import page
from latency.bench.results import Result, StageFailedError, run
from latency.bench.stages import STAGES, Stage, exists
from latency.budget import find_budget
from latency.command import NOT_MEASURED, new_app, print_error
from latency.paths import ROOT

PAGE = ROOT / "docs" / "measured.md"

app = new_app()


@app.command()
def main(
    stages: Annotated[
        list[str] | None,
        typer.Argument(help=f"Run only these stages: {', '.join(stage.name for stage in STAGES)}."),
    ] = None,
) -> None:
    """Run all stages, compare their figures with the limits, and write docs/measured.md.

    Takes about 15 minutes. The page shows the results of the last run for stages that are not named. The exit
    code is 2 if a stage could not be measured. A missed limit is shown on the page, and the exit code is 0.
    """
    console = Console()
    unknown = set(stages or []) - {stage.name for stage in STAGES}
    if unknown:
        raise typer.BadParameter(f"there is no stage {', '.join(sorted(unknown))}")
    failed = [
        stage for stage in STAGES if (not stages or stage.name in stages) and not _measured(stage, console)
    ]
    write(console)
    if failed:
        raise typer.Exit(NOT_MEASURED)


def _measured(stage: Stage, console: Console) -> bool:
    """Runs a stage and keeps its result. False if it could not be measured."""
    if not exists(stage):
        console.print(f"[yellow]{stage.name}: this checkout has no {stage.module}[/]")
        return True
    console.rule(stage.title)
    console.print(stage.command, soft_wrap=True)
    try:
        run(stage).write(stage.result)
    except StageFailedError as error:
        stage.result.unlink(missing_ok=True)
        print_error(console, "bench", error)
        return False
    return True


def write(console: Console) -> None:
    """Writes the page from the results of all stages that have one."""
    results = [(stage, Result.read(stage.result)) for stage in STAGES]
    measured = [(stage, result) for stage, result in results if result is not None]
    missing = [stage for stage, result in results if result is None]
    PAGE.write_text(page(measured, missing, find_budget("project").at_most["bench_minutes"]), "utf-8")
    console.print(f"Written: {PAGE.relative_to(ROOT)}")
