"""The figures as a table to read and as a file to keep. Neither holds any text that was typed."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from latency.budget import Budget, Verdict
from latency.replay.figures import Figures, Latency
from latency.replay.session import Manner
from latency.replay.usage import Usage


@dataclass(frozen=True, slots=True)
class Report:
    """One replay: the circumstances and what came of them."""

    model: str
    budget_ms: float
    typists: int
    manner: Manner
    figures: Figures
    usage: Usage | None = None
    ready_s: float | None = None

    def flat(self) -> dict[str, float | None]:
        """Every figure by its name in `budget.toml`."""
        flat = self.figures.flat() | {"ready_s": self.ready_s, "typists": float(self.typists)}
        return flat | (asdict(self.usage) if self.usage else {})


def machine() -> str:
    """Processor, cores and system, for whoever reads the figures elsewhere."""
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def write_json(report: Report, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"machine": machine()} | asdict(report), indent=1) + "\n", "utf-8")


def print_report(report: Report, console: Console) -> None:
    found = report.figures
    speed = (
        "as fast as answers come" if report.manner.wpm is None else f"{report.manner.wpm:g} words a minute"
    )
    table = Table(
        title=f"{report.model}: {report.typists} at once, {speed}", title_justify="left", show_header=False
    )
    table.add_column(style="bold")
    table.add_column()
    table.add_row("machine", machine())
    table.add_row("typed", f"{found.texts} texts, {found.chars} characters, {found.keystrokes} keystrokes")
    table.add_row("keystrokes saved", f"{_percent(found.saved_share)}  ({found.keys} keys)")
    table.add_row("shown and taken", f"{_percent(found.taken_share)} of {found.shown} texts")
    table.add_row(
        "words taken", f"{_percent(found.words_taken_share)} of {found.offers} offered, one after another"
    )
    table.add_row(
        "still possible, but",
        f"replaced {found.replaced}, withdrawn {found.withdrawn}, resized {found.resized}",
    )
    table.add_row("first answer", _latency(found.first))
    table.add_row("final answer", _latency(found.final))
    table.add_row("answered from", _shares(found.sources, found.answered))
    table.add_row(
        f"over {report.budget_ms:g} ms", f"{found.over_budget}  ({_percent(found.over_budget_share)})"
    )
    table.add_row("without an answer", f"{found.unanswered}  (and {found.overtaken} overtaken)")
    table.add_row("errors", _shares(found.errors_by_code, found.keystrokes))
    if report.ready_s is not None:
        table.add_row("server ready after", f"{report.ready_s:.1f} s")
    if report.usage is not None:
        per_1000 = report.usage.cpu_s_per_1000_keystrokes
        table.add_row("processor time", "—" if per_1000 is None else f"{per_1000:.1f} s per 1,000 keystrokes")
        table.add_row("resident memory", f"{report.usage.rss_mb:.0f} MB")
    console.print(table)


def print_verdicts(budget: Budget, verdicts: Sequence[Verdict], console: Console) -> None:
    table = Table(title=f"{budget.name}: {budget.about}", title_justify="left")
    for heading in ("figure", "limit", "measured", ""):
        table.add_column(heading)
    words = {True: "kept", False: "[bold red]missed[/]", None: "not measured here"}
    for verdict in verdicts:
        limit = f"{'≤' if verdict.upper else '≥'} {verdict.limit:g}"
        measured = "" if verdict.measured is None else f"{verdict.measured:.4g}"
        table.add_row(verdict.figure, limit, measured, words[verdict.kept])
    console.print(table)


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{100 * share:.1f} %"


def _latency(latency: Latency) -> str:
    def ms(value: float | None) -> str:
        return "—" if value is None else f"{value:.1f}"

    ranks = {"median": latency.p50, "95 %": latency.p95, "99 %": latency.p99, "worst": latency.worst}
    return ", ".join(f"{rank} {ms(value)}" for rank, value in ranks.items()) + " ms"


def _shares(counts: dict[str, int], whole: int) -> str:
    if not counts:
        return "none"
    return ", ".join(f"{name} {_percent(count / whole)}" for name, count in sorted(counts.items()))
