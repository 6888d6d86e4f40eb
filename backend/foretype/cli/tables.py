"""Tables on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

MOST_WIDTH = 1000


def new_table(first: str, *others: str) -> Table:
    """A table whose first column holds names. They are to be typed, so each stands whole on one line."""
    table = Table(box=None)
    table.add_column(first, no_wrap=True)
    for other in others:
        table.add_column(other)
    return table


def print_whole(console: Console, table: Table) -> None:
    """Print a table, wider than the terminal if it is too narrow for the longest name."""
    least = Measurement.get(console, console.options.update(max_width=MOST_WIDTH), table).minimum
    if least > console.width:
        console = Console(file=console.file, width=least)
    console.print(table)
