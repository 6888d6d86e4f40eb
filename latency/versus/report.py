"""The figures of both servers as a table."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from foretype.support.wording import many
from latency.machine import machine
from latency.table_cells import NO_FIGURE, number, percent
from latency.versus.figures import Seen, ratio

ROWS = {
    "cpu_s_per_1000_keystrokes": "processor time per 1,000 keystrokes, s",
    "model_runs_per_keystroke": "model runs per keystroke",
    "model_tokens_per_keystroke": "tokens in them per keystroke",
    "tree_share": "answered from the tree",
    "saved_share": "keystrokes saved",
    "taken_share": "shown suggestions that were accepted",
    "final_p50_ms": "final answer, median, ms",
    "final_p95_ms": "final answer, p95, ms",
    "final_p99_ms": "final answer, p99, ms",
    "final_worst_ms": "final answer, slowest, ms",
    "new_field_ms": "first answer in a new field with 300 characters, median, ms",
    "typist_rss_mb": "memory after one typist, MB",
    "typist_anonymous_mb": "of it, backed by no file, MB",
    "four_fields_rss_mb": "memory with four fields open, MB",
    "four_fields_anonymous_mb": "of it, backed by no file, MB",
    "many_mails_rss_mb": "memory after twenty mails, MB",
    "many_mails_anonymous_mb": "of it, backed by no file, MB",
}


def print_report(names: tuple[str, str], ours: Seen, theirs: Seen, console: Console) -> None:
    """`names` of the two servers."""
    typed = (
        f"{many(ours.typed.texts, 'text')}, {ours.typed.keystrokes} and {theirs.typed.keystrokes} keystrokes"
    )
    table = Table(title=f"{machine()}: {typed}", title_justify="left")
    for heading in ("", *names, "ratio"):
        table.add_column(heading, justify="left" if not heading else "right")
    mine, other = ours.flat(), theirs.flat()
    for figure, words in ROWS.items():
        quotient = number(ratio(mine[figure], other[figure]), 2)
        table.add_row(words, _cell(figure, mine[figure]), _cell(figure, other[figure]), quotient)
    console.print(table)
    missing = [ROWS[figure] for figure in ROWS if mine[figure] is None or other[figure] is None]
    if missing:
        console.print(
            f"{NO_FIGURE}: not reported by one of the servers or by this system: {', '.join(missing)}."
        )


def _cell(figure: str, value: float | None) -> str:
    if figure.endswith("_share"):
        return percent(value)
    return number(value, 2 if figure.endswith("_per_keystroke") else 1)
