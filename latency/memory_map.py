"""Where a server's memory is: its resident pages, by the name of each mapping.

`python -m latency.memory_map PID` reads a server that runs. It needs root, because the memory of the server
is closed to its own user.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from latency.command import errors_as_sentences, new_app
from latency.errors import MeasurementError
from latency.figures_file import write_figures
from latency.options import FiguresFile
from latency.paths import OUT

MAPPING = re.compile(r"^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+ *(.*)$")
FEW_BYTES = 1_000_000  # mappings with less are one row

app = new_app()


class UnreadableError(MeasurementError):
    """The memory map cannot be read. The message says why."""


def resident(smaps: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Resident bytes, and those of them that no file backs, by the name of the mapping; the largest first.
    Pure. `smaps`: the lines of `/proc/PID/smaps`.
    """
    every: Counter[str] = Counter()
    anonymous: Counter[str] = Counter()
    name = ""
    for line in smaps:
        if (found := MAPPING.match(line)) is not None:
            name = found[1].rpartition("/")[2] or "memory of the C library, Python and ONNX Runtime"
        elif line.startswith("Rss:"):
            every[name] += int(line.split()[1]) * 1024
        elif line.startswith("Anonymous:"):
            anonymous[name] += int(line.split()[1]) * 1024
    return {name: (size, anonymous[name]) for name, size in every.most_common()}


@app.command()
def main(
    pid: Annotated[int, typer.Argument(help="The number of the server's process.")],
    out: FiguresFile = OUT / "memory_map.json",
) -> None:
    """Print the resident memory of a process for each mapping, in megabytes."""
    console = Console()
    with errors_as_sentences(console, "memory_map"):
        try:
            found = resident(Path(f"/proc/{pid}/smaps").read_text("utf-8").splitlines())
        except OSError as error:
            raise UnreadableError(f"/proc/{pid}/smaps cannot be read: {error.strerror}.") from error
    table = Table("", "resident, MB", "backed by no file, MB")
    rest = [0, 0]
    for name, (size, anonymous) in found.items():
        if size < FEW_BYTES:
            rest = [rest[0] + size, rest[1] + anonymous]
        else:
            table.add_row(escape(name), f"{size / 1e6:.1f}", f"{anonymous / 1e6:.1f}")
    table.add_row("everything else", f"{rest[0] / 1e6:.1f}", f"{rest[1] / 1e6:.1f}")
    table.add_row("all", *(f"{sum(one[which] for one in found.values()) / 1e6:.1f}" for which in (0, 1)))
    console.print(table)
    write_figures(out, {"bytes": {name: {"all": a, "anonymous": b} for name, (a, b) in found.items()}})


if __name__ == "__main__":
    app(prog_name="python -m latency.memory_map")
