"""The figures of a replay as a table and as a JSON file. Neither contains text that was typed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from foretype.support.wording import many
from latency.figures_file import write_figures
from latency.machine import machine
from latency.replay.figures import Figures, Latency
from latency.replay.server_metrics import ModelWork
from latency.replay.type_text import Manner
from latency.replay.usage import Usage
from latency.table_cells import NO_FIGURE, number, percent


@dataclass(frozen=True, slots=True)
class Report:
    """One replay: its conditions and its figures."""

    model: str
    budget_ms: float
    typists: int
    manner: Manner
    figures: Figures
    work: ModelWork
    usage: Usage | None = None
    ready_s: float | None = None
    without_corrections: Figures | None = None  # the same texts and slips, if they were typed so, too

    @property
    def typed_by(self) -> str:
        """The typists and their speed, in words."""
        several = "one typist" if self.typists == 1 else f"{self.typists} typists"
        wpm = self.manner.wpm
        return several + (", as fast as answers came" if wpm is None else f" at {wpm:g} words a minute")

    def flat(self) -> dict[str, float | None]:
        """Every figure by its name in `budget.toml`."""
        flat = self.figures.flat() | {"ready_s": self.ready_s, "typists": float(self.typists)}
        flat |= self.work.per_keystroke(self.figures.keystrokes)
        if self.without_corrections is not None:
            flat["without_corrections_saved_share"] = self.without_corrections.saved_share
        return flat | (asdict(self.usage) if self.usage else {})


def write_json(report: Report, file: Path) -> None:
    write_figures(file, asdict(report) | {"flat": report.flat()})


def print_report(report: Report, console: Console) -> None:
    found = report.figures
    table = Table(title=f"{report.model}, {report.typed_by}", title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column()
    table.add_row("machine", machine())
    table.add_row(
        "typed", f"{many(found.texts, 'text')}, {found.chars} characters, {found.keystrokes} keystrokes"
    )
    pressed = f"{found.keys} keys were pressed, {found.by_hand} by hand"
    table.add_row("keystrokes saved", f"{percent(found.saved_share)}  ({pressed})")
    if report.without_corrections is not None:
        _add_corrections(table, found, report.without_corrections)
    table.add_row("suggestions accepted", f"{percent(found.taken_share)} of {found.shown} shown")
    table.add_row("words accepted", f"{percent(found.words_taken_share)} of {found.offers} offered")
    table.add_row(
        "changed although valid",
        f"{found.replaced} replaced, {found.withdrawn} withdrawn, {found.resized} resized"
        f"  ({_per_1000(found.replaced + found.withdrawn + found.resized, found.keystrokes)})",
    )
    table.add_row("first answer", latency_words(found.first))
    table.add_row("final answer", latency_words(found.final))
    table.add_row("source of answers", _shares(found.sources, found.answered))
    table.add_row(
        f"later than {report.budget_ms:g} ms", f"{found.over_budget}  ({percent(found.over_budget_share)})"
    )
    table.add_row(
        "without an answer",
        f"{found.unanswered}  (not counted: {found.overtaken} that the next key overtook)",
    )
    table.add_row("errors", _shares(found.errors_by_code, found.keystrokes))
    table.add_row("work of the model", _model_work(report))
    if report.manner.wpm is not None:
        table.add_row("keys sent late by", latency_words(found.late))
    if report.ready_s is not None:
        table.add_row("server ready after", f"{report.ready_s:.1f} s")
    if report.usage is not None:
        per_1000 = number(report.usage.cpu_s_per_1000_keystrokes)
        table.add_row("processor time", f"{per_1000} s per 1,000 keystrokes")
        table.add_row("memory of the server", f"{report.usage.rss_mb:.0f} MB")
    console.print(table)


def _add_corrections(table: Table, found: Figures, without: Figures) -> None:
    table.add_row(
        "without corrections",
        f"{percent(without.saved_share)}  ({without.keys} keys), {percent(without.taken_share)} of "
        f"{without.shown} shown suggestions accepted",
    )
    table.add_row(
        "corrections accepted", f"{percent(found.corrections_taken_share)} of {found.corrections} offered"
    )


def _per_1000(count: int, keystrokes: int) -> str:
    return f"{1000 * count / keystrokes:.0f} per 1,000 keystrokes" if keystrokes else NO_FIGURE


def _model_work(report: Report) -> str:
    per_keystroke = report.work.per_keystroke(report.figures.keystrokes)
    runs, tokens = per_keystroke["model_runs_per_keystroke"], per_keystroke["model_tokens_per_keystroke"]
    if runs is None:
        return "not reported by this server"
    return f"{runs:.2f} runs" + ("" if tokens is None else f", {tokens:.1f} tokens") + " per keystroke"


def latency_words(latency: Latency) -> str:
    ranks = {"median": latency.p50, "p95": latency.p95, "p99": latency.p99, "worst": latency.worst}
    return ", ".join(f"{rank} {number(value)}" for rank, value in ranks.items()) + " ms"


def _shares(counts: dict[str, int], whole: int) -> str:
    if not counts:
        return "none"
    return ", ".join(f"{name} {percent(count / whole)}" for name, count in sorted(counts.items()))
