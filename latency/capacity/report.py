"""The steps of the load as a table, as a JSON file and as a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from foretype.support.picture import Axis, Chart, Tone
from latency.capacity.load_step import LoadStep, largest_served
from latency.capacity.overload import Overload
from latency.figures_file import write_figures
from latency.machine import machine
from latency.table_cells import NO_FIGURE, percent


@dataclass(frozen=True, slots=True)
class Report:
    """`beyond` is None if the server was not overloaded on purpose."""

    model: str
    wpm: float
    budget_ms: float
    steps: list[LoadStep]
    beyond: Overload | None = None

    @property
    def served(self) -> int:
        """Typists in the largest crowd that was served."""
        best = largest_served(self.steps, self.budget_ms)
        return best.typists if best else 0

    def flat(self) -> dict[str, float | None]:
        """The figures of the largest crowd that was served. If none was, those of the first, with `typists`
        0.
        """
        step = largest_served(self.steps, self.budget_ms) or self.steps[0]
        return step.flat() | {"typists": float(self.served)}

    def figures_for(self, budget: str) -> dict[str, float | None]:
        """The figures for a table of `budget.toml`. The table `overload` gets those of the overload."""
        if budget == "overload":
            return self.beyond.flat() if self.beyond else {}
        return self.flat()


def write_json(report: Report, file: Path) -> None:
    flat = {"flat": report.flat(), "overload": report.figures_for("overload"), "served": report.served}
    write_figures(file, asdict(report) | flat)


def print_report(report: Report, console: Console) -> None:
    console.print(f"[bold]{report.model}[/], {report.wpm:g} words a minute each, {machine()}")
    steps = [*report.steps, *([report.beyond.step] if report.beyond else [])]
    columns = [column_of(step, report.budget_ms) for step in steps]
    table = Table("typists", *(str(step.typists) for step in steps))
    for figure in columns[0]:
        table.add_row(figure, *(column[figure] for column in columns))
    console.print(table)
    console.print(
        f"The server serves [bold]{report.served}[/] typists: 95 % of the final answers came within "
        f"{report.budget_ms:g} ms, and nothing was refused."
    )
    if report.beyond:
        console.print(_beyond_words(report.beyond))


def column_of(step: LoadStep, budget_ms: float) -> dict[str, str]:
    """The column of a step in the table, by the names of its rows."""
    flat = step.flat()
    final = step.answers.final
    overloaded = step.answers.errors_by_code.get("overloaded", 0)
    return {
        "keystrokes": str(step.answers.keystrokes),
        "median, ms": _number(final.p50),
        "p95, ms": _number(final.p95),
        "p99, ms": _number(final.p99),
        "worst, ms": _number(final.worst),
        "overloaded": str(overloaded),
        "refused otherwise": str(step.refused - overloaded),
        "served": "yes" if step.served(budget_ms) else "[red]no[/]",
        "from the tree": percent(flat["tree_share"], 0),
        "from the model": percent(flat["model_share"], 0),
        "budget used up": percent(flat["budget_share"], 0),
        "with a suggestion": percent(flat["text_share"], 0),
        "server: cores busy": f"{step.server_cpu_share:.2f}",
        "server: memory, MB": _number(flat["rss_mb"]),
        "typing: cores busy": f"{step.own_cpu_share:.2f}",
        "keys late, p99, ms": _number(step.answers.late.p99),
    }


def _beyond_words(beyond: Overload) -> str:
    flat = beyond.flat()
    growth = flat["rss_growth_share"]
    return (
        f"Overload: with {beyond.step.typists} typists, {flat['overloaded']:g} keystrokes were answered with "
        f"`overloaded`. 95 % of the other answers came within {_number(flat['final_p95_ms'])} ms. In the "
        f"second half the peak of memory was {percent(growth, 0)} higher. Then all typists but one left: the "
        f"slowest of its next {beyond.recovery.keystrokes} answers took "
        f"{_number(flat['recovery_worst_ms'])} ms, and {flat['recovery_errors']:g} were refused."
    )


def _number(value: float | None) -> str:
    """Short, so that the columns of many steps fit into 80 characters."""
    return NO_FIGURE if value is None else f"{value:.0f}" if value >= 10 else f"{value:.1f}"


# -- the picture --------------------------------------------------------


def draw(report: Report) -> Chart:
    steps = report.steps
    high_ms = max(400.0, *(100 * math.ceil((step.answers.final.p95 or 0) / 100) for step in steps))
    right = 1.05 * steps[-1].typists
    chart = Chart(
        "How many typists one server can serve",
        f"{report.model}, {report.wpm:g} words a minute each: {report.served} typists",
        machine(),
        Axis("typists at once", 0, right, [(step.typists, str(step.typists)) for step in _apart(steps)]),
        Axis("milliseconds to the final answer", 0, high_ms, [(at, str(at)) for at in _hundreds(high_ms)]),
    )
    chart.beyond((0, right), (report.budget_ms, high_ms))
    chart.line([(0, report.budget_ms), (right, report.budget_ms)], "limit", width=1.5, dashes="6 5")
    chart.note(0, report.budget_ms, f"{report.budget_ms:g} ms", "limit", shift=(8, -8), strong=True)
    _line(chart, "median", "second", [(step.typists, step.answers.final.p50) for step in steps])
    _line(chart, "p95", "first", [(step.typists, step.answers.final.p95) for step in steps])
    for step in steps:
        if step.refused:
            at = step.answers.final.p95 or 0.0
            chart.dot(step.typists, at, "limit")
            chart.note(step.typists, at, f"{step.refused} refused", "limit", anchor="end", shift=(0, 22))
    return chart


def _line(chart: Chart, name: str, tone: Tone, steps: Sequence[tuple[int, float | None]]) -> None:
    points = [(float(typists), at) for typists, at in steps if at is not None]
    chart.line(points, tone)
    for x, y in points:
        chart.dot(x, y, tone, hollow=True)
    if points:
        chart.note(*points[0], name, tone, anchor="end", shift=(-12, 4), strong=True)


def _hundreds(high_ms: float) -> range:
    return range(0, int(high_ms) + 1, 100 if high_ms <= 600 else 100 * math.ceil(high_ms / 600))


def _apart(steps: Sequence[LoadStep]) -> list[LoadStep]:
    """The steps whose numbers of typists fit beside each other on the axis."""
    kept: list[LoadStep] = []
    for step in reversed(steps):
        if not kept or kept[-1].typists - step.typists >= steps[-1].typists / 20:
            kept.append(step)
    return kept
