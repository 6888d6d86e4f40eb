"""The comparison as tables and as a JSON file. Neither contains text that was typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from latency.figures_file import write_figures
from latency.peers.figures import PeerFigures, ratios_of
from latency.peers.peer_list import REFERENCE, MissingPeer
from latency.table_cells import NO_FIGURE


@dataclass(frozen=True, slots=True)
class Report:
    """One comparison. `missing` are the peers that were not measured, or not completely."""

    model: str
    machine: str
    threads: int
    rounds: int
    wpm: float
    texts: int
    chars: int
    ours: PeerFigures
    peers: Sequence[PeerFigures]
    missing: Sequence[MissingPeer] = field(default_factory=list)

    def ratios(self) -> dict[str, dict[str, float | None]]:
        """Foretype compared with each peer, by the peer's name."""
        return {peer.name: ratios_of(self.ours, peer) for peer in self.peers}

    def flat(self) -> dict[str, float | None]:
        """The figures that `budget.toml` limits: the comparison with `REFERENCE`."""
        return self.ratios().get(
            REFERENCE, {"eight_nodes_in_steps_ratio": self.ours.eight_nodes_in_steps_ratio}
        )


def write_json(report: Report, file: Path) -> None:
    write_figures(file, asdict(report) | {"flat": report.flat(), "ratios": report.ratios()})


def print_report(report: Report, console: Console) -> None:
    console.print(_runs(report))
    console.print("[dim]Medians. In brackets: Foretype's time, divided by the peer's.[/]")
    console.print(_keystrokes(report))
    console.print("[dim]In brackets: how many times faster Foretype is.[/]")
    for missing in report.missing:
        console.print(f"[bold yellow]not measured:[/] {missing.name}: {missing.reason}", soft_wrap=True)


def _runs(report: Report) -> Table:
    conditions = f"{report.machine}, {report.threads} threads, {report.rounds} rounds"
    table = Table(title=f"{report.model} on {conditions}", title_justify="left")
    table.add_column("")
    for heading in (
        *("step, ms", "64 tokens, ms", "8 nodes, ms", "8 nodes / step"),
        *("bits per byte, one pass", "bits per byte, by token"),
    ):
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
    title = f"One word at each keystroke: {typed}; at Foretype with {report.wpm:g} words a minute"
    table = Table(title=title, title_justify="left")
    for heading in ("", "keystrokes", "median, ms", "p95, ms", "worst, ms"):
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
        return NO_FIGURE
    return f"{value:{form}}" if ratio is None else f"{value:{form}}  ({ratio:.2f})"
