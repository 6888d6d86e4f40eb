"""Compares figures with the limits of a table of budget.toml, and prints the result: the option `--check`."""

from __future__ import annotations

from collections.abc import Mapping

import typer
from rich.console import Console
from rich.table import Table

from latency.budget import Budget, Verdict, judge
from latency.command import LIMIT_MISSED


def exit_if_missed(
    budget: Budget | None, figures: Mapping[str, float | None], console: Console, *, complete: bool = False
) -> None:
    """Exits with `LIMIT_MISSED` if `keeps_limits` says so. Does nothing without a budget."""
    if budget and not keeps_limits(budget, figures, console, complete=complete):
        raise typer.Exit(LIMIT_MISSED)


def keeps_limits(
    budget: Budget, figures: Mapping[str, float | None], console: Console, *, complete: bool = False
) -> bool:
    """Prints the limits. False if one is missed, or if one was not measured and `complete` is set."""
    verdicts = judge(budget, figures)
    _print(budget, verdicts, console)
    return all(verdict.kept or (verdict.kept is None and not complete) for verdict in verdicts)


def _print(budget: Budget, verdicts: list[Verdict], console: Console) -> None:
    table = Table(title=f"{budget.name}: {budget.about}", title_justify="left")
    for heading in ("figure", "limit", "measured", ""):
        table.add_column(heading)
    words = {True: "kept", False: "[bold red]missed[/]", None: "not measured here"}
    for verdict in verdicts:
        limit = f"{'≤' if verdict.upper else '≥'} {verdict.limit:g}"
        measured = "" if verdict.measured is None else f"{verdict.measured:.4g}"
        table.add_row(verdict.figure, limit, measured, words[verdict.kept])
    console.print(table)
