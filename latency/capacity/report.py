"""The steps as a table, as numbers and as a picture."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from foretype.support.picture import Axis, Chart, Tone
from latency.capacity.beyond import Beyond
from latency.capacity.steps import Step, capacity
from latency.replay.report import machine


@dataclass(frozen=True, slots=True)
class Report:
    model: str
    wpm: float
    budget_ms: float
    steps: list[Step]
    beyond: Beyond | None = None

    @property
    def carried(self) -> int:
        best = capacity(self.steps, self.budget_ms)
        return best.typists if best else 0

    def flat(self) -> dict[str, float | None]:
        """What the largest crowd that was carried had, else the first one, with `typists` 0."""
        step = capacity(self.steps, self.budget_ms) or self.steps[0]
        return step.flat() | {"typists": float(self.carried)}

    def figures_for(self, budget: str) -> dict[str, float | None]:
        """The figures that a table of `budget.toml` is about: those beyond capacity have one of their own."""
        if budget == "overload":
            return self.beyond.flat() if self.beyond else {}
        return self.flat()


def write_json(report: Report, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    flat = {"flat": report.flat(), "overload": report.figures_for("overload"), "carried": report.carried}
    file.write_text(json.dumps({"machine": machine()} | asdict(report) | flat, indent=1) + "\n", "utf-8")


def print_report(report: Report, console: Console) -> None:
    console.print(f"[bold]{report.model}[/], {report.wpm:g} words a minute each, {machine()}")
    steps = [*report.steps, *([report.beyond.step] if report.beyond else [])]
    columns = [described(step, report.budget_ms) for step in steps]
    table = Table("typists", *(str(step.typists) for step in steps))
    for figure in columns[0]:
        table.add_row(figure, *(column[figure] for column in columns))
    console.print(table)
    console.print(
        f"It carries [bold]{report.carried}[/]: 95 % of the final answers within {report.budget_ms:g} ms, "
        "nobody refused."
    )
    if report.beyond:
        console.print(_beyond_words(report.beyond))


def described(step: Step, budget_ms: float) -> dict[str, str]:
    """A step in words and numbers, by the figure's name."""
    flat = step.flat()
    final = step.answers.final
    overloaded = step.answers.errors_by_code.get("overloaded", 0)
    return {
        "keystrokes": str(step.answers.keystrokes),
        "median, ms": _number(final.p50),
        "95 %, ms": _number(final.p95),
        "99 %, ms": _number(final.p99),
        "worst, ms": _number(final.worst),
        "overloaded": str(overloaded),
        "refused otherwise": str(step.refused - overloaded),
        "carried": "yes" if step.carried(budget_ms) else "[red]no[/]",
        "from the tree": _percent(flat["tree_share"]),
        "with the model": _percent(flat["model_share"]),
        "cut off by the budget": _percent(flat["budget_share"]),
        "showing a text": _percent(flat["text_share"]),
        "server: cores busy": f"{step.server_cpu_share:.2f}",
        "server: memory, MB": _number(flat["rss_mb"]),
        "typing: cores busy": f"{step.own_cpu_share:.2f}",
        "keys late, 99 %, ms": _number(step.answers.late.p99),
    }


def _beyond_words(beyond: Beyond) -> str:
    flat = beyond.flat()
    growth = flat["rss_growth_share"]
    return (
        f"Beyond: {beyond.step.typists} typists, {flat['overloaded']:g} keystrokes answered with "
        f"`overloaded`, others within {_number(flat['final_p95_ms'])} ms (95 %); memory grew by "
        f"{_percent(growth)} in the second half. When all but one had left, the worst of the next "
        f"{beyond.recovery.keystrokes} answers took {_number(flat['recovery_worst_ms'])} ms, "
        f"{flat['recovery_errors']:g} were refused."
    )


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{100 * share:.0f} %"


# -- the picture --------------------------------------------------------


def draw(report: Report) -> Chart:
    steps = report.steps
    high_ms = max(400.0, *(100 * math.ceil((step.answers.final.p95 or 0) / 100) for step in steps))
    right = 1.05 * steps[-1].typists
    chart = Chart(
        "How many typists one server carries",
        f"{report.model}, {report.wpm:g} words a minute each: {report.carried} typists",
        machine(),
        Axis("typists at once", 0, right, [(step.typists, str(step.typists)) for step in _apart(steps)]),
        Axis("milliseconds to the final answer", 0, high_ms, [(at, str(at)) for at in _hundreds(high_ms)]),
    )
    chart.beyond((0, right), (report.budget_ms, high_ms))
    chart.line([(0, report.budget_ms), (right, report.budget_ms)], "limit", width=1.5, dashes="6 5")
    chart.note(0, report.budget_ms, f"{report.budget_ms:g} ms", "limit", shift=(8, -8), strong=True)
    _line(chart, "median", "second", [(step.typists, step.answers.final.p50) for step in steps])
    _line(chart, "95 %", "first", [(step.typists, step.answers.final.p95) for step in steps])
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


def _apart(steps: Sequence[Step]) -> list[Step]:
    """Those whose numbers have room beside each other on the axis."""
    kept: list[Step] = []
    for step in reversed(steps):
        if not kept or kept[-1].typists - step.typists >= steps[-1].typists / 20:
            kept.append(step)
    return kept
