"""The comparison as tables to read and as a file to keep. Neither holds any text that was typed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from latency.peers.figures import PeerFigures, compare
from latency.peers.lineup import RIVAL, Missing


@dataclass(frozen=True, slots=True)
class Report:
    """One comparison. `peers` are those that were measured, `missing` those that were not, or not fully."""

    model: str
    machine: str
    threads: int
    rounds: int
    wpm: float
    texts: int
    chars: int
    ours: PeerFigures
    peers: Sequence[PeerFigures]
    missing: Sequence[Missing] = field(default_factory=list)

    def ratios(self) -> dict[str, dict[str, float | None]]:
        """Foretype against each peer, by the peer's name."""
        return {peer.name: compare(self.ours, peer) for peer in self.peers}

    def flat(self) -> dict[str, float | None]:
        """What `budget.toml` limits: Foretype against llama.cpp on the recipe's own file."""
        return self.ratios().get(RIVAL, {"eight_nodes_in_steps_ratio": self.ours.eight_nodes_in_steps_ratio})


def write_json(report: Report, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    derived = {"flat": report.flat(), "ratios": report.ratios()}
    file.write_text(json.dumps(asdict(report) | derived, indent=1) + "\n", "utf-8")


def print_report(report: Report, console: Console) -> None:
    console.print(_runs(report))
    console.print("[dim]Medians. In brackets: Foretype's share of it.[/]")
    console.print(_keystrokes(report))
    console.print("[dim]In brackets: how many times faster Foretype is.[/]")
    for missing in report.missing:
        console.print(f"[bold yellow]not measured:[/] {missing.name}: {missing.reason}", soft_wrap=True)


def _runs(report: Report) -> Table:
    where = f"{report.machine}, {report.threads} threads, {report.rounds} rounds"
    table = Table(title=f"{report.model} on {where}", title_justify="left")
    table.add_column("")
    for heading in ("step, ms", "64 tokens, ms", "8 nodes, ms", "… in steps", "bits per byte", "… by tokens"):
        table.add_column(heading, justify="right")
    ratios = report.ratios()
    for peer in (report.ours, *report.peers):
        against = ratios.get(peer.name, {})
        table.add_row(
            peer.name,
            _cell(peer.step_ms, ".1f", against.get("step_ratio")),
            _cell(peer.prefill_64_ms, ".0f", against.get("prefill_64_ratio")),
            _cell(peer.eight_nodes_ms, ".1f", against.get("eight_nodes_ratio")),
            _cell(peer.eight_nodes_in_steps_ratio, ".2f"),
            _cell(peer.bits_per_byte, ".4f"),
            _cell(peer.bits_per_byte_stepwise, ".4f"),
        )
    return table


def _keystrokes(report: Report) -> Table:
    typed = f"{report.texts} mails, {report.chars} characters of each"
    title = f"A word at each keystroke: {typed}; Foretype typed at with {report.wpm:g} words a minute"
    table = Table(title=title, title_justify="left")
    for heading in ("", "keystrokes", "median, ms", "95 %, ms", "worst, ms"):
        table.add_column(heading, justify="right" if heading else "left")
    ratios = report.ratios()
    for peer in (report.ours, *report.peers):
        if not peer.keystrokes:
            continue
        against = ratios.get(peer.name, {})
        table.add_row(
            peer.name,
            str(peer.keystrokes),
            _cell(peer.keystroke.p50, ".1f", against.get("keystroke_p50_ratio")),
            _cell(peer.keystroke.p95, ".1f", against.get("keystroke_p95_ratio")),
            _cell(peer.keystroke.worst, ".1f", against.get("keystroke_worst_ratio")),
        )
    return table


def _cell(value: float | None, form: str, ratio: float | None = None) -> str:
    if value is None:
        return "—"
    return f"{value:{form}}" if ratio is None else f"{value:{form}}  ({ratio:.2f})"
