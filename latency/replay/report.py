"""The figures as a table to read and as a file to keep. Neither holds any text that was typed."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from foretype.support.machine import processor
from latency.budget import Budget, Verdict, judge
from latency.replay.counters import ModelWork
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
    work: ModelWork
    usage: Usage | None = None
    ready_s: float | None = None

    @property
    def who(self) -> str:
        """Who typed, as a sentence says it."""
        several = "one typist" if self.typists == 1 else f"{self.typists} typists"
        wpm = self.manner.wpm
        return several + (", as fast as answers came" if wpm is None else f" at {wpm:g} words a minute")

    def flat(self) -> dict[str, float | None]:
        """Every figure by its name in `budget.toml`."""
        flat = self.figures.flat() | {"ready_s": self.ready_s, "typists": float(self.typists)}
        flat |= self.work.per_keystroke(self.figures.keystrokes)
        return flat | (asdict(self.usage) if self.usage else {})


def machine() -> str:
    """Processor, cores and system, for whoever reads the figures elsewhere."""
    return f"{processor()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def write_json(report: Report, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    said = {"machine": machine()} | asdict(report) | {"flat": report.flat()}
    file.write_text(json.dumps(said, indent=1) + "\n", "utf-8")


def print_report(report: Report, console: Console) -> None:
    found = report.figures
    table = Table(title=f"{report.model}, {report.who}", title_justify="left", show_header=False)
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
        f"replaced {found.replaced}, withdrawn {found.withdrawn}, resized {found.resized}"
        f"  ({_per_1000(found.replaced + found.withdrawn + found.resized, found.keystrokes)})",
    )
    table.add_row("first answer", latency_words(found.first))
    table.add_row("final answer", latency_words(found.final))
    table.add_row("answered from", _shares(found.sources, found.answered))
    table.add_row(
        f"over {report.budget_ms:g} ms", f"{found.over_budget}  ({_percent(found.over_budget_share)})"
    )
    table.add_row("without an answer", f"{found.unanswered}  (and {found.overtaken} overtaken)")
    table.add_row("errors", _shares(found.errors_by_code, found.keystrokes))
    table.add_row("model", _model_work(report))
    if report.manner.wpm is not None:
        table.add_row("keys sent late", latency_words(found.late))
    if report.ready_s is not None:
        table.add_row("server ready after", f"{report.ready_s:.1f} s")
    if report.usage is not None:
        per_1000 = report.usage.cpu_s_per_1000_keystrokes
        table.add_row("processor time", "—" if per_1000 is None else f"{per_1000:.1f} s per 1,000 keystrokes")
        table.add_row("resident memory", f"{report.usage.rss_mb:.0f} MB")
    console.print(table)


def keeps(budget: Budget, figures: Mapping[str, float | None], console: Console) -> bool:
    """Whether no limit is missed, said on the console; what was not measured is no miss."""
    verdicts = judge(budget, figures)
    print_verdicts(budget, verdicts, console)
    return all(verdict.kept is not False for verdict in verdicts)


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


def _per_1000(count: int, keystrokes: int) -> str:
    return f"{1000 * count / keystrokes:.0f} in 1,000 keystrokes" if keystrokes else "—"


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{100 * share:.1f} %"


def _model_work(report: Report) -> str:
    per_keystroke = report.work.per_keystroke(report.figures.keystrokes)
    runs, tokens = per_keystroke["model_runs_per_keystroke"], per_keystroke["model_tokens_per_keystroke"]
    if runs is None:
        return "not said by this server"
    return f"{runs:.2f} runs a keystroke" + ("" if tokens is None else f", {tokens:.1f} tokens")


def latency_words(latency: Latency) -> str:
    def ms(value: float | None) -> str:
        return "—" if value is None else f"{value:.1f}"

    ranks = {"median": latency.p50, "95 %": latency.p95, "99 %": latency.p99, "worst": latency.worst}
    return ", ".join(f"{rank} {ms(value)}" for rank, value in ranks.items()) + " ms"


def _shares(counts: dict[str, int], whole: int) -> str:
    if not counts:
        return "none"
    return ", ".join(f"{name} {_percent(count / whole)}" for name, count in sorted(counts.items()))
