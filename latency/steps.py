"""The time of a step (a run with one token): DistilGPT2's shape compared with GPT-2's shape, and with
Optimum's export of the same weights.

`python -m latency.steps --check steps`

All three are measured in one process, in turns, round after round, so that other work on the machine slows
down all of them. Limits are set for the ratios, not for the milliseconds.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from foretype.models.manifest import GRAPH
from foretype.models.prepared import load_prepared
from foretype.prepare.check import ExportReader, Ids, Reader, open_reader
from foretype.support.cores import physical_cores
from latency.budget import find_optional_budget
from latency.command import errors_as_sentences, new_app
from latency.figures_file import write_figures
from latency.gate_ids import gate_ids
from latency.machine import machine
from latency.options import Check, FiguresFile
from latency.paths import OUT
from latency.shapes import ShapeUnavailableError, prepare_shape, write_shape
from latency.verdicts import exit_if_missed

FIRST = 64  # tokens that are read in one run before the steps
STEPS = 24  # of each reader in each round
ROUNDS = 7
SMALL, LARGE, EXPORT = "distilgpt2, 8 bits", "gpt2, 8 bits", "distilgpt2 as Optimum exports it, float32"
RATIO = f"Ratio: the time of “{SMALL}”, divided by the time in this row."

app = new_app()


@dataclass(frozen=True, slots=True)
class Times:
    """Medians of all rounds in milliseconds: of a step, and of the run with the first `FIRST` tokens."""

    step: float
    first: float


def measure(readers: dict[str, Reader], ids: Ids, rounds: int) -> dict[str, Times]:
    """`ids` are at least `FIRST` tokens. Each reader runs in each round. The round before the first is not
    measured.
    """
    steps: dict[str, list[float]] = {name: [] for name in readers}
    firsts: dict[str, list[float]] = {name: [] for name in readers}
    for turn in range(rounds + 1):
        for name, reader in readers.items():
            reader.restart()
            first = _milliseconds(reader, ids[:FIRST])
            taken = [_milliseconds(reader, ids[step : step + 1]) for step in range(STEPS)]
            if turn > 0:
                firsts[name].append(first)
                steps[name] += taken
    return {name: Times(statistics.median(steps[name]), statistics.median(firsts[name])) for name in readers}


def _milliseconds(reader: Reader, ids: Ids) -> float:
    start = time.perf_counter()
    reader.read(ids)
    return (time.perf_counter() - start) * 1000


def ratios(times: dict[str, Times]) -> dict[str, float | None]:
    """By the names of `budget.toml`."""
    small, large, export = times[SMALL], times[LARGE], times[EXPORT]
    return {
        "step_ms": small.step,
        "step_of_gpt2_ratio": small.step / large.step,
        "step_of_export_ratio": small.step / export.step,
        "first_of_gpt2_ratio": small.first / large.first,
        "first_of_export_ratio": small.first / export.first,
    }


def _readers(threads: int) -> dict[str, Reader]:
    """Raises `ShapeUnavailableError`, ModelError."""
    readers: dict[str, Reader] = {}
    for name, shape in ((SMALL, "distilgpt2"), (LARGE, "gpt2")):
        prepared = load_prepared(prepare_shape(shape))
        manifest = prepared.manifest
        if not manifest.weights.startswith("int8"):
            raise ShapeUnavailableError(
                f"The model of {shape}'s shape must have 8-bit weights, but has {manifest.weights}."
            )
        readers[name] = open_reader(prepared.folder, manifest.graph, manifest.geometry, threads)
        if name == SMALL:
            export = _export("distilgpt2") / GRAPH
            readers[EXPORT] = ExportReader(export, manifest.geometry, threads, optimised=True)
    return readers


def _export(shape: str) -> Path:
    """The folder of a shape's export. It is made if it does not exist."""
    from foretype.models.store import Store
    from foretype.prepare.export import export
    from foretype.prepare.fetch import fetch
    from foretype.prepare.folder import inspect_folder, recipe_of
    from foretype.prepare.quiet import quiet
    from foretype.support.progress import SILENT

    folder = write_shape(shape)
    recipe = recipe_of(inspect_folder(folder), folder.name)
    store = Store(OUT / "models" / "exports", recipe.name)
    made = store.work / "export"
    if not made.is_dir():
        store.work.mkdir(parents=True, exist_ok=True)
        with store.making("export") as part, quiet():
            export(fetch(recipe, store, None, SILENT), recipe, part, SILENT)
    return made


# -- the command line --------------------------------------------------------


@app.command()
def main(
    rounds: Annotated[int, typer.Option(min=1, help=f"How many rounds of {STEPS} steps each.")] = ROUNDS,
    out: FiguresFile = OUT / "steps.json",
    check: Check = None,
) -> None:
    """Measure how long a step of DistilGPT2's and GPT-2's shape takes.

    The weights are random: a step takes the same time with any weights. Takes about a minute, and several
    minutes the first time, when the models are made.
    """
    console = Console()
    threads = physical_cores()
    with errors_as_sentences(console, "steps"):
        budget = find_optional_budget(check)
        readers = _readers(threads)
        ids = np.resize(gate_ids(load_prepared(prepare_shape("distilgpt2")).tokenizer), FIRST)
        times = measure(readers, ids, rounds)
    flat = ratios(times)
    write_figures(out, {"threads": threads, "flat": flat})
    console.print(_table(times, f"{machine()}, {threads} threads"))
    exit_if_missed(budget, flat, console)


def _table(times: dict[str, Times], title: str) -> Table:
    table = Table(
        *("Random weights", "Step", "Ratio", f"First {FIRST} tokens", "Ratio"),
        title=title,
        box=None,
        caption=RATIO,
    )
    small = times[SMALL]
    for name, taken in times.items():
        shares: Sequence[str] = ("", "")
        if name != SMALL:
            shares = (f"{small.step / taken.step:.2f}", f"{small.first / taken.first:.2f}")
        table.add_row(name, f"{taken.step:.1f} ms", shares[0], f"{taken.first:.0f} ms", shares[1])
    return table


if __name__ == "__main__":
    app(prog_name="python -m latency.steps")
