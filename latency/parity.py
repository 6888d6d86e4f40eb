"""Whether a prepared model computes the same logits as transformers, in each way that the runtime runs it.

`python -m latency.parity distilgpt2 gpt2` compares the shapes of `latency.shapes`. In place of a shape, a
folder with a transformers model can be given, or `smollm2-135m` or `gemma3-270m`, the recipes whose weights
are a GGUF file. If the recipe trims the vocabulary, the logits of the tokens that stay are compared.
Each model is prepared in float32, as `foretype prepare FOLDER --weights float32` does, so that the graph and
the runtime are compared and not the rounding of weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from foretype.models.prepared import Prepared
from foretype.models.recipe import load_recipe
from foretype.runtime.arena import lone_arena
from foretype.runtime.chunk import Chunk, Step
from foretype.runtime.open import open_runtime
from foretype.runtime.protocol import LogitsRuntime
from foretype.support.cores import physical_cores
from foretype.support.settings import load
from latency.command import LIMIT_MISSED, errors_as_sentences, new_app
from latency.figures_file import write_figures
from latency.gate_ids import gate_ids
from latency.machine import machine
from latency.options import FiguresFile
from latency.paths import OUT
from latency.shapes import SHAPES, write_shape

GGUF_RECIPES = ("smollm2-135m", "gemma3-270m")
POSITIONS = 200
MAX_LOGITS_DIFFERENCE = 1e-3
CHUNK = 48  # tokens in one run if a text is read in parts
BRANCHES, DEPTH = 3, 4  # of the tree, which continues the text
TEXTS = 4  # texts in one run, with one token each

Ids = NDArray[np.int64]
Logits = NDArray[np.float32]

app = new_app()


@dataclass(frozen=True, slots=True)
class LogitsDifference:
    """The largest difference between two logits of the same token, in `rows` rows of logits."""

    way: str
    rows: int
    largest: float

    @classmethod
    def between(cls, way: str, ours: Logits, theirs: Logits) -> LogitsDifference:
        return cls(way, len(ours), float(np.abs(ours - theirs).max()))


class Reference(Protocol):
    """A model whose logits are taken as correct."""

    def logits(self, ids: Ids) -> Logits:
        """(n, vocab): one row for each id."""


class TransformersModel:
    """The model as transformers runs it, in float32."""

    def __init__(self, folder: Path, gguf: str | None = None, kept: Sequence[int] | None = None) -> None:
        """`gguf`: the file in the folder, if it is no transformers folder. `kept`: the tokens that stay, if
        not all do; ids are places in it. Raises NotAModelError.
        """
        from foretype.prepare.pretrained import read_weights

        self._kept = None if kept is None else np.array(kept, np.int64)
        self._model = read_weights(folder, **({} if gguf is None else {"gguf_file": gguf}))

    def logits(self, ids: Ids) -> Logits:
        """(n, vocab): one row for each id."""
        import torch

        theirs = ids if self._kept is None else self._kept[ids]
        with torch.no_grad():
            found: Logits = self._model(torch.from_numpy(theirs[None])).logits[0].numpy()
        return found if self._kept is None else found[:, self._kept]


def differences(theirs: Reference, runtime: LogitsRuntime, ids: Ids) -> Iterator[LogitsDifference]:
    """Runs `ids` in each way and compares the logits with `theirs`. There are at least `CHUNK + 2` ids."""
    expected = theirs.logits(ids)
    yield LogitsDifference.between("in one pass", _read(runtime, [ids]), expected)
    yield LogitsDifference.between(
        "token by token, with past", _read(runtime, np.split(ids, len(ids))), expected
    )
    parts = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
    yield LogitsDifference.between(f"{CHUNK} at a time, with past", _read(runtime, parts), expected)
    yield _in_a_tree(theirs, runtime, ids)
    yield _together(runtime, ids, expected)


def _read(runtime: LogitsRuntime, parts: Sequence[Ids]) -> Logits:
    arena = lone_arena(runtime.new_pool(1, sum(map(len, parts))))
    rows = []
    for part in parts:
        every = np.arange(len(part), dtype=np.int64)
        rows.append(runtime.run(arena, Chunk(part, arena.length + every, None, every)))
    return np.concatenate(rows)


def _in_a_tree(theirs: Reference, runtime: LogitsRuntime, ids: Ids) -> LogitsDifference:
    """`BRANCHES` continuations of the text, each `DEPTH` tokens long, in one run. Their tokens are
    interleaved, as a search orders them.
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
    return LogitsDifference.between("in a tree, in one run", ours, np.stack(paths, axis=1).reshape(nodes, -1))


def _together(runtime: LogitsRuntime, ids: Ids, expected: Logits) -> LogitsDifference:
    """One run with the next token of several texts of different lengths."""
    pool = runtime.new_pool(TEXTS, len(ids))
    lengths = [len(ids) * (text + 1) // TEXTS - 1 for text in range(TEXTS)]
    steps = []
    for length in lengths:
        arena = pool.take()
        assert arena is not None
        runtime.run(arena, Chunk(ids[:length], np.arange(length), None, np.array([], np.int64)))
        steps.append(Step(arena, Chunk(ids[length : length + 1], np.array([length]), None, np.array([0]))))
    return LogitsDifference.between(
        f"a token of each of {TEXTS} texts", runtime.run_together(steps), expected[lengths]
    )


def prepare_exact(folder: Path, models_dir: Path, threads: int) -> Prepared:
    """Prepares the transformers model in `folder` in float32. Raises ModelError."""
    from foretype.prepare.folder import inspect_folder, recipe_of
    from foretype.prepare.make import make

    inspected = inspect_folder(folder)
    recipe = recipe_of(inspected, inspected.path.name).only("float32")
    return make(recipe, models_dir, threads=threads)


def measure_gguf(
    name: str, models_dir: Path, *, positions: int, threads: int
) -> tuple[str, list[LogitsDifference]]:
    """As `measure`, for a recipe whose weights are a GGUF file. Raises ModelError: LicenceNotAcceptedError if
    the recipe's licence was not accepted in the models folder of `foretype serve`.
    """
    from foretype.models.store import Store
    from foretype.prepare.fetch import fetch
    from foretype.prepare.gguf_file import GgufFile
    from foretype.prepare.gguf_pieces import Pieces
    from foretype.prepare.licence import accept, require_accepted
    from foretype.prepare.make import make
    from foretype.support.progress import SILENT

    recipe = load_recipe(name)
    require_accepted(recipe, load().models_dir)
    store = Store(OUT / "models" / "weights", recipe.name)
    store.work.mkdir(parents=True, exist_ok=True)
    if recipe.terms is not None:
        for folder in (store.models_dir, models_dir):
            accept(recipe, folder)
    weights = fetch(recipe, store, None, SILENT)
    assert weights.gguf is not None
    prepared = make(recipe.only("float32"), models_dir, threads=threads, given=weights.folder)
    kept = None
    if recipe.vocabulary is not None:
        kept = Pieces(GgufFile(weights.folder / weights.gguf)).kept(recipe.vocabulary)
    return _compare(prepared, TransformersModel(weights.folder, weights.gguf, kept), positions, threads)


def measure(
    folder: Path, models_dir: Path, *, positions: int, threads: int
) -> tuple[str, list[LogitsDifference]]:
    """The kind of the graph, and the difference of the logits in each way. Raises ModelError."""
    prepared = prepare_exact(folder, models_dir, threads)
    return _compare(prepared, TransformersModel(folder), positions, threads)


def _compare(
    prepared: Prepared, theirs: Reference, positions: int, threads: int
) -> tuple[str, list[LogitsDifference]]:
    runtime = open_runtime(prepared.folder, threads=threads)
    ids = gate_ids(prepared.tokenizer)[: min(positions, prepared.manifest.geometry.context_length)]
    return prepared.manifest.graph, list(differences(theirs, runtime, ids))


# -- the command line --------------------------------------------------------


@app.command()
def main(
    models: Annotated[
        list[str],
        typer.Argument(
            help=f"Shapes ({', '.join(SHAPES)}), {', '.join(GGUF_RECIPES)}, or folders with transformers "
            "models."
        ),
    ],
    positions: Annotated[
        int, typer.Option(min=CHUNK + 2, help="How many tokens of the quality check's text are read.")
    ] = POSITIONS,
    out: FiguresFile = OUT / "parity.json",
) -> None:
    """Compare the logits of each model with those of transformers.

    Takes about a minute for each model. The exit code is 1 if two logits differ by 1e-3 or more.
    """
    console = Console()
    table = Table("Model", "Way", "Rows", "Largest difference", title=machine(), box=None)
    by_model: dict[str, dict[str, Any]] = {}
    all_kept = True
    for model in models:
        with errors_as_sentences(console, "parity"):
            exact, threads = OUT / "models" / "exact", physical_cores()
            if model in GGUF_RECIPES:
                folder = Path(model)
                graph, found = measure_gguf(model, exact, positions=positions, threads=threads)
            else:
                folder = write_shape(model) if model in SHAPES else Path(model)
                graph, found = measure(folder, exact, positions=positions, threads=threads)
        by_model[folder.name] = {"graph": graph, **{one.way: one.largest for one in found}}
        for one in found:
            table.add_row(f"{folder.name}, {graph}", one.way, str(one.rows), f"{one.largest:.1e}")
            all_kept = all_kept and one.largest < MAX_LOGITS_DIFFERENCE  # false for NaN too
    write_figures(out, {"positions": positions, "models": by_model})
    console.print(table)
    if not all_kept:
        raise typer.Exit(LIMIT_MISSED)


if __name__ == "__main__":
    app(prog_name="python -m latency.parity")
