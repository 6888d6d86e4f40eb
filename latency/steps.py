"""How long a step takes: DistilGPT2's shape beside GPT-2's, and beside its own export as Optimum makes it.

`python -m latency.steps --check steps`

All are measured in turns, round after round, in one process, so that what else the machine does falls on all
of them alike: the ratios count, not the milliseconds.
"""

from __future__ import annotations

import json
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

from foretype.models.errors import ModelError
from foretype.models.manifest import GRAPH
from foretype.models.prepared import load_prepared
from foretype.prepare.check import ExportReader, Ids, Reader, open_reader
from foretype.support.cores import physical_cores
from latency.budget import UnknownBudgetError, find_budget
from latency.parity import gate_ids
from latency.places import OUT
from latency.replay.cli import Check
from latency.replay.report import keeps, machine
from latency.shapes import NotMadeError, prepare_shape, write_shape

FIRST = 64  # tokens that are read before the steps
STEPS = 24
ROUNDS = 7
SMALL, LARGE, EXPORT = "distilgpt2, 8 bits", "gpt2, 8 bits", "distilgpt2 as Optimum exports it, float32"


@dataclass(frozen=True, slots=True)
class Times:
    """Medians of all rounds, in milliseconds."""

    step: float
    first: float


def measure(readers: dict[str, Reader], ids: Ids, rounds: int) -> dict[str, Times]:
    """`ids`: at least `FIRST` tokens. Each reader has its turn in each round, after one unmeasured round."""
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
    """The figures that the budget's limits are on."""
    small, large, export = times[SMALL], times[LARGE], times[EXPORT]
    return {
        "step_ms": small.step,
        "step_of_gpt2_ratio": small.step / large.step,
        "step_of_export_ratio": small.step / export.step,
        "first_of_gpt2_ratio": small.first / large.first,
        "first_of_export_ratio": small.first / export.first,
    }


def _readers(threads: int) -> dict[str, Reader]:
    """Raises NotMadeError, ModelError."""
    readers: dict[str, Reader] = {}
    for name, shape in ((SMALL, "distilgpt2"), (LARGE, "gpt2")):
        prepared = load_prepared(prepare_shape(shape))
        manifest = prepared.manifest
        if not manifest.weights.startswith("int8"):
            raise NotMadeError(f"{shape}'s shape is not at 8 bits but {manifest.weights}")
        readers[name] = open_reader(prepared.folder, manifest.graph, manifest.geometry, threads)
        if name == SMALL:
            export = _export("distilgpt2") / GRAPH
            readers[EXPORT] = ExportReader(export, manifest.geometry, threads, optimised=True)
    return readers


def _export(shape: str) -> Path:
    """The folder of a shape's export; made where it is not there yet."""
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


def main(
    rounds: Annotated[int, typer.Option(min=1, help=f"Turns of each, of {STEPS} steps.")] = ROUNDS,
    out: Annotated[Path, typer.Option("--json", help="Where the figures go.")] = OUT / "steps.json",
    check: Check = None,
) -> None:
    """Time steps of DistilGPT2's and GPT-2's shape, with random weights, which take as long as any."""
    console = Console()
    threads = physical_cores()
    try:
        budget = find_budget(check) if check else None
        readers = _readers(threads)
        ids = np.resize(gate_ids(write_shape("distilgpt2"), FIRST), FIRST)
        times = measure(readers, ids, rounds)
    except (ModelError, NotMadeError, UnknownBudgetError) as error:
        console.print(f"[bold red]steps:[/] {error}", soft_wrap=True)
        raise typer.Exit(2) from None
    flat = ratios(times)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(
        json.dumps({"machine": machine(), "threads": threads, "flat": flat}, indent=1) + "\n", "utf-8"
    )
    console.print(_table(times, f"{machine()}, {threads} threads"))
    if budget and not keeps(budget, flat, console):
        raise typer.Exit(1)


def _table(times: dict[str, Times], title: str) -> Table:
    table = Table("Random weights", "Step", "of it", f"First {FIRST}", "of it", title=title, box=None)
    small = times[SMALL]
    for name, taken in times.items():
        shares: Sequence[str] = ("", "")
        if name != SMALL:
            shares = (f"{small.step / taken.step:.2f}", f"{small.first / taken.first:.2f}")
        table.add_row(name, f"{taken.step:.1f} ms", shares[0], f"{taken.first:.0f} ms", shares[1])
    return table


if __name__ == "__main__":
    typer.run(main)
