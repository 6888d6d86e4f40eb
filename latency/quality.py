"""Whether a prepared model predicts as well as float32 does on texts that nothing was chosen by, and what the
token that texts begin with is worth.

`python -m latency.quality smollm2-135m --check quality`

Preparing a model holds its weights against the gate's text and keeps what passes there. Here are others: the
corpus from its 101st mail on (the first ones chose the prompt and the threshold), each read from its own
beginning, by the served graph and by transformers in float32.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from foretype.models.errors import ModelError
from foretype.models.prepared import Prepared, load_prepared
from foretype.prepare.check import Ids, Reader, open_reader
from foretype.support.cores import physical_cores
from foretype.support.settings import load
from latency.budget import UnknownBudgetError, find_budget
from latency.places import MAILS, OUT
from latency.replay.cli import Check
from latency.replay.report import keeps, machine
from latency.replay.texts import NoTextsError, read_texts

SKIPPED, TEXTS, CHARS = 100, 40, 700
HEAD = 100  # characters in which it shows most what stands before them

Logits = NDArray[np.float32]
Read = Callable[[Ids], Logits]
"""Logits (n, vocab) of a text's tokens, from its beginning."""


@dataclass(frozen=True, slots=True)
class Bits:
    """What texts cost to predict: bits for each byte, of whole texts and of their first characters."""

    per_byte: float
    per_byte_of_head: float


def measure(read: Read, encode: Callable[[str], Ids], begin: int, texts: Sequence[str]) -> Bits:
    """`begin`: the token before each text."""
    costs = [_cost(read, encode(text), begin) for text in texts]
    heads = [encode(text[:HEAD]) for text in texts]
    bits = sum(float(cost.sum()) for cost in costs)
    head_bits = sum(float(cost[: len(head)].sum()) for cost, head in zip(costs, heads, strict=True))
    return Bits(bits / sum(len(text.encode()) for text in texts), head_bits / _bytes(texts))


def _bytes(texts: Sequence[str]) -> int:
    return sum(len(text[:HEAD].encode()) for text in texts)


def _cost(read: Read, ids: Ids, begin: int) -> NDArray[np.float64]:
    """Bits of each token of a text."""
    rows = read(np.concatenate([[begin], ids[:-1]])).astype(np.float64)
    peak = rows.max(axis=1)
    total = peak + np.log(np.exp(rows - peak[:, None]).sum(axis=1))
    cost: NDArray[np.float64] = (total - rows[np.arange(len(ids)), ids]) / math.log(2)
    return cost


def served(prepared: Prepared, threads: int) -> Read:
    """The prepared model, through the runtime that serves it."""
    manifest = prepared.manifest
    reader: Reader = open_reader(prepared.folder, manifest.graph, manifest.geometry, threads)

    def read(ids: Ids) -> Logits:
        reader.restart()
        return reader.read(ids)

    return read


def exact(recipe_name: str, given: Path | None) -> Read:
    """The recipe's own weights in transformers, float32. Raises ModelError."""
    import torch

    from foretype.models.recipe import load_recipe
    from foretype.models.store import Store
    from foretype.prepare.export import read_model
    from foretype.prepare.fetch import fetch
    from foretype.prepare.quiet import quiet
    from foretype.support.progress import SILENT

    recipe = load_recipe(recipe_name)
    store = Store(OUT / "models" / "weights", recipe.name)
    store.work.mkdir(parents=True, exist_ok=True)
    with quiet():
        model = read_model(fetch(recipe, store, given, SILENT), recipe)

    def read(ids: Ids) -> Logits:
        with torch.no_grad():
            found: Logits = model(torch.from_numpy(ids[None])).logits[0].numpy()
        return found

    return read


# -- the command line --------------------------------------------------------


def main(
    model: Annotated[str, typer.Argument(help="A recipe whose model is prepared.")] = "smollm2-135m",
    source: Annotated[
        Path | None, typer.Option("--from", help="The weights, in place of the recipe's source.")
    ] = None,
    texts: Annotated[Path, typer.Option(help="A folder of .txt files.")] = MAILS,
    skip: Annotated[int, typer.Option(min=0, help="How many of them to pass over.")] = SKIPPED,
    count: Annotated[int, typer.Option(min=1, help="How many to read after those.")] = TEXTS,
    begins: Annotated[
        list[str] | None,
        typer.Option("--begin", help="A token to try before the texts, beside the model's own; repeatable."),
    ] = None,
    out: Annotated[Path, typer.Option("--json", help="Where the figures go.")] = OUT / "quality.json",
    check: Check = None,
) -> None:
    """Bits per byte of a prepared model and of its float32 weights on texts that nothing was chosen by."""
    console = Console()
    try:
        budget = find_budget(check) if check else None
        prepared = load_prepared(load().models_dir / model)
        typed = read_texts(texts, mails=skip + count, chars=CHARS)[skip:]
        if not typed:
            raise NoTextsError(texts)
        said = _measure(prepared, model, source, typed, begins or [], console)
    except (ModelError, NoTextsError, UnknownBudgetError) as error:
        console.print(f"[bold red]quality:[/] {error}", soft_wrap=True)
        raise typer.Exit(2) from None
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(said, indent=1) + "\n", "utf-8")
    if budget and not keeps(budget, said["flat"], console):
        raise typer.Exit(1)


def _measure(
    prepared: Prepared,
    model: str,
    source: Path | None,
    texts: Sequence[str],
    begins: Sequence[str],
    console: Console,
) -> dict[str, Any]:
    """Everything in turn, and a table of it. Raises ModelError."""
    from tokenizers import Tokenizer

    manifest = prepared.manifest
    tokeniser = Tokenizer.from_file(str(prepared.tokenizer))

    def encode(text: str) -> Ids:
        return np.array(tokeniser.encode(text, add_special_tokens=False).ids, np.int64)

    own = tokeniser.id_to_token(manifest.begin_ids[0])
    ways = [(manifest.weights, served(prepared, physical_cores()), own)]
    ways.append(("float32", exact(model, source), own))
    for begin in begins:
        if tokeniser.token_to_id(begin) is None:
            console.print(f"{model} has no token “{begin}”.")
            continue
        ways.append((manifest.weights, ways[0][1], begin))
    table = Table("Weights", "Begins with", "Bits per byte", f"of the first {HEAD} characters", box=None)
    found = []
    with Progress(console=console, transient=True) as bar:
        for weights, read, begin in bar.track(ways, description="reading"):
            bits = measure(read, encode, tokeniser.token_to_id(begin), texts)
            found.append(
                {"weights": weights, "begin": begin, "bits": bits.per_byte, "head": bits.per_byte_of_head}
            )
            table.add_row(weights, repr(begin), f"{bits.per_byte:.4f}", f"{bits.per_byte_of_head:.4f}")
    worse = found[0]["bits"] / found[1]["bits"] - 1
    console.print(f"{model}, {len(texts)} texts, {sum(map(len, texts)):,} characters; {machine()}")
    console.print(table)
    console.print(f"{manifest.weights} costs {worse:+.2%} of float32.")
    flat = {
        "bits_per_byte": found[0]["bits"],
        "bits_per_byte_float32": found[1]["bits"],
        "growth_share": worse,
    }
    return {"machine": machine(), "model": model, "texts": len(texts), "flat": flat, "ways": found}


if __name__ == "__main__":
    typer.run(main)
