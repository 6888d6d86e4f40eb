"""Whether a prepared model computes what transformers computes, in every way in which the runtime uses it.

`python -m latency.parity distilgpt2 gpt2` for the shapes of `latency.shapes`, or folders with transformers
models. Each is prepared in float32 as `foretype prepare FOLDER --weights float32` does, in a models folder of
its own, so that what is measured is the graph and the runtime and not the rounding.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from foretype.models.errors import ModelError
from foretype.models.prepared import Prepared
from foretype.prepare.gate import gate_text
from foretype.runtime.arena import lone_arena
from foretype.runtime.chunk import Chunk, Step
from foretype.runtime.open import open_runtime
from foretype.runtime.protocol import LogitsRuntime
from foretype.support.cores import physical_cores
from latency.places import OUT
from latency.replay.report import machine
from latency.shapes import SHAPES, NotMadeError, write_shape

POSITIONS = 200
LOGITS_APART_AT_MOST = 1e-3
CHUNK = 48  # tokens a run where a text is read in parts
BRANCHES, DEPTH = 3, 4  # of the tree, which follows the whole text
TEXTS = 4  # that go through together, a token each

Ids = NDArray[np.int64]
Logits = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Apart:
    """The largest difference between two logits, of `rows` rows of them."""

    way: str
    rows: int
    largest: float

    @classmethod
    def between(cls, way: str, ours: Logits, theirs: Logits) -> Apart:
        return cls(way, len(ours), float(np.abs(ours - theirs).max()))


class Reference(Protocol):
    """What a runtime is held against."""

    def logits(self, ids: Ids) -> Logits:
        """(n, vocab), one row for each id."""


class Theirs:
    """The model in transformers."""

    def __init__(self, folder: Path) -> None:
        import torch
        from transformers import AutoModelForCausalLM

        self._model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True
        ).eval()

    def logits(self, ids: Ids) -> Logits:
        """(n, vocab), one row for each id."""
        import torch

        with torch.no_grad():
            found: Logits = self._model(torch.from_numpy(ids[None])).logits[0].numpy()
        return found


def compare(theirs: Reference, runtime: LogitsRuntime, ids: Ids) -> Iterator[Apart]:
    """Each way of going through `ids`, at least `CHUNK + 2` of them, against the reference."""
    expected = theirs.logits(ids)
    yield Apart.between("in one pass", _read(runtime, [ids]), expected)
    yield Apart.between("token by token, with past", _read(runtime, np.split(ids, len(ids))), expected)
    parts = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
    yield Apart.between(f"{CHUNK} at a time, with past", _read(runtime, parts), expected)
    yield _in_a_tree(theirs, runtime, ids)
    yield _together(runtime, ids, expected)


def _read(runtime: LogitsRuntime, parts: Sequence[Ids]) -> Logits:
    arena = lone_arena(runtime.new_pool(1, sum(map(len, parts))))
    rows = []
    for part in parts:
        every = np.arange(len(part), dtype=np.int64)
        rows.append(runtime.run(arena, Chunk(part, arena.length + every, None, every)))
    return np.concatenate(rows)


def _in_a_tree(theirs: Reference, runtime: LogitsRuntime, ids: Ids) -> Apart:
    """`BRANCHES` ways on from the text, each `DEPTH` tokens long, in one run, interleaved as a search leaves
    them.
    """
    settled = ids[: -BRANCHES * DEPTH]
    tree = ids[-BRANCHES * DEPTH :].reshape(DEPTH, BRANCHES)
    count, nodes = len(settled), tree.size
    arena = lone_arena(runtime.new_pool(1, len(ids)))
    runtime.run(arena, Chunk(settled, np.arange(count), None, np.array([], np.int64)))
    visible = np.zeros((nodes, count + nodes), np.bool_)
    visible[:, :count] = True
    for node in range(nodes):
        visible[node, count + node % BRANCHES : count + node + 1 : BRANCHES] = True
    positions = count + np.repeat(np.arange(DEPTH), BRANCHES)
    ours = runtime.run(arena, Chunk(tree.ravel(), positions, visible, np.arange(nodes)))
    paths = [theirs.logits(np.concatenate([settled, tree[:, branch]]))[count:] for branch in range(BRANCHES)]
    return Apart.between("in a tree, in one run", ours, np.stack(paths, axis=1).reshape(nodes, -1))


def _together(runtime: LogitsRuntime, ids: Ids, expected: Logits) -> Apart:
    """The next token of several texts of different lengths, in one run."""
    pool = runtime.new_pool(TEXTS, len(ids))
    lengths = [len(ids) * (text + 1) // TEXTS - 1 for text in range(TEXTS)]
    steps = []
    for length in lengths:
        arena = pool.take()
        assert arena is not None
        runtime.run(arena, Chunk(ids[:length], np.arange(length), None, np.array([], np.int64)))
        steps.append(Step(arena, Chunk(ids[length : length + 1], np.array([length]), None, np.array([0]))))
    return Apart.between(f"a token of each of {TEXTS} texts", runtime.run_together(steps), expected[lengths])


def gate_ids(folder: Path, count: int) -> Ids:
    """The first `count` tokens of the gate's text by the tokeniser of a transformers folder."""
    from transformers import AutoTokenizer

    text = gate_text()
    tokeniser = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    ids = tokeniser.encode(text, add_special_tokens=False, verbose=False)[:count]
    return np.array(ids, np.int64)


def prepare_exact(folder: Path, models_dir: Path, threads: int) -> Prepared:
    """The folder's model in float32. Raises ModelError."""
    from foretype.prepare.folder import inspect_folder, recipe_of
    from foretype.prepare.make import make

    inspected = inspect_folder(folder)
    recipe = recipe_of(inspected, inspected.path.name).only("float32")
    return make(recipe, models_dir, threads=threads)


def measure(folder: Path, models_dir: Path, *, positions: int, threads: int) -> tuple[str, list[Apart]]:
    """What kind of graph it is, and how far apart the logits are in each way. Raises ModelError."""
    prepared = prepare_exact(folder, models_dir, threads)
    runtime = open_runtime(prepared.folder, threads=threads)
    ids = gate_ids(folder, min(positions, prepared.manifest.geometry.context_length))
    return prepared.manifest.graph, list(compare(Theirs(folder), runtime, ids))


# -- the command line --------------------------------------------------------


def main(
    models: Annotated[
        list[str], typer.Argument(help=f"Shapes ({', '.join(SHAPES)}), or folders with transformers models.")
    ],
    positions: Annotated[int, typer.Option(min=CHUNK + 2, help="Tokens of the text.")] = POSITIONS,
    out: Annotated[Path, typer.Option("--json", help="Where the figures go.")] = OUT / "parity.json",
) -> None:
    """Compare each model's logits with those of transformers; exit code 1 where any is 1e-3 apart or more."""
    console = Console()
    table = Table("Model", "Way", "Rows", "Largest difference", title=machine(), box=None)
    said: dict[str, Any] = {"machine": machine(), "positions": positions, "models": {}}
    for model in models:
        try:
            folder = write_shape(model) if model in SHAPES else Path(model)
            graph, found = measure(
                folder, OUT / "models" / "exact", positions=positions, threads=physical_cores()
            )
        except (ModelError, NotMadeError) as error:
            console.print(f"[bold red]parity:[/] {error}", soft_wrap=True)
            raise typer.Exit(2) from None
        said["models"][folder.name] = {"graph": graph, **{one.way: one.largest for one in found}}
        for one in found:
            table.add_row(f"{folder.name}, {graph}", one.way, str(one.rows), f"{one.largest:.1e}")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(said, indent=1) + "\n", "utf-8")
    console.print(table)
    largest = max(value for one in said["models"].values() for way, value in one.items() if way != "graph")
    if not largest < LOGITS_APART_AT_MOST:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
