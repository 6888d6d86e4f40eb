"""The start of a server whose model is prepared, and `foretype --help`, compared with an earlier commit.

`python -m latency.second_start 14cb6b9` starts both servers in turns, so that other work on the machine slows
both. A commit's server is made as in `latency.versus`.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Annotated

import psutil
import typer
from rich.console import Console
from rich.table import Table

from latency.budget import find_optional_budget
from latency.command import errors_as_sentences, new_app
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.machine import machine
from latency.options import Check, FiguresFile, Model
from latency.paths import OUT
from latency.replay.server import Program, started_server
from latency.shapes import settings_for
from latency.verdicts import exit_if_missed
from latency.versus.checkout import FOLDER, checkout_of, this_checkout

# As on the machine of a person: Python writes compiled modules at the first start, and reads them later.
COMPILED = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(FOLDER / "compiled")}
ROWS = {
    "ready_s": "until the server is ready, s",
    "ready_cpu_s": "processor time until then, s",
    "ready_rss_mb": "memory then, MB",
    "help_s": "foretype --help, s",
    "help_cpu_s": "processor time of it, s",
}

app = new_app()


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two programs, and what has been measured of it, by the names in `ROWS`."""

    name: str
    program: Program
    settings: Mapping[str, str]
    seen: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in ROWS})

    def figures(self) -> dict[str, float]:
        return {name: median(values) for name, values in self.seen.items()}


async def start_once(side: Side) -> None:
    """Raises `ServerLostError`."""
    began = time.perf_counter()
    log = FOLDER / f"{side.name}-start.log"
    async with started_server(log, settings={**side.settings, **COMPILED}, program=side.program) as server:
        await server.ready()
        side.seen["ready_s"].append(time.perf_counter() - began)
        process = psutil.Process(server.process.pid)
        times = process.cpu_times()
        side.seen["ready_cpu_s"].append(times.user + times.system)
        await asyncio.sleep(1.0)  # it gives back what only the start needed
        side.seen["ready_rss_mb"].append(process.memory_info().rss / 1e6)


def help_once(side: Side) -> None:
    began, before = time.perf_counter(), os.times()
    subprocess.run(
        [side.program.python, "-m", "foretype", "--help"],
        env=side.program.environment() | COMPILED,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = os.times()
    side.seen["help_s"].append(time.perf_counter() - began)
    used = after.children_user + after.children_system - before.children_user - before.children_system
    side.seen["help_cpu_s"].append(used)


async def measure(sides: list[Side], times: int) -> None:
    """The first start of each compiles its modules, and is not counted. Raises `ServerLostError`."""
    for number in range(times + 1):
        for side in sides if number % 2 == 0 else reversed(sides):
            await start_once(side)
            help_once(side)
        if number == 0:
            for side in sides:
                for values in side.seen.values():
                    values.clear()


@app.command()
def main(
    commit: Annotated[str, typer.Argument(help="The commit to compare with.")],
    model: Model = "smollm2-135m",
    times: Annotated[int, typer.Option(min=1, help="Starts of each server.")] = 9,
    out: FiguresFile = OUT / "second_start.json",
    check: Check = None,
) -> None:
    """Compare the start of this checkout's server, with a prepared model, with that of an earlier commit.

    Prints medians. The first start of each server is not counted: Python compiles the modules in it.
    """
    console = Console()
    with errors_as_sentences(console, "second_start"):
        budget = find_optional_budget(check)
        settings = settings_for(model)
        other = checkout_of(commit, model, console)
        here = this_checkout(settings)
        ours = Side(here.name, here.program, here.settings)
        theirs = Side(other.name, other.program, {**settings, **other.settings})
        run(measure([ours, theirs], times))
    mine, others = ours.figures(), theirs.figures()
    table = Table("", ours.name, theirs.name, "ratio", title=machine(), title_justify="left")
    for name, words in ROWS.items():
        table.add_row(words, f"{mine[name]:.2f}", f"{others[name]:.2f}", f"{mine[name] / others[name]:.2f}")
    console.print(table)
    flat: dict[str, float | None] = {**mine}
    write_figures(out, {"model": model, "flat": mine, "theirs": others})
    exit_if_missed(budget, flat, console)


if __name__ == "__main__":
    app(prog_name="python -m latency.second_start")
