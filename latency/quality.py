"""Whether a prepared model predicts as well as its float32 weights, on texts that were not used to choose
anything; and which token before a text makes its predictions best.

`python -m latency.quality smollm2-135m --check quality`

When a model is prepared, its weights are checked with the gate's text. This command uses other texts: the
mails of the corpus from the 101st on, because the first 100 were used to choose prompt and threshold. Each
text is read from its beginning, by the graph that is served and by transformers in float32.
"""

from __future__ import annotations

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

from foretype.models.prepared import Prepared, load_prepared
from foretype.prepare.check import Ids, Reader, open_reader
from foretype.support.cores import physical_cores
from foretype.support.settings import load
from latency.budget import find_optional_budget
from latency.command import errors_as_sentences, new_app
from latency.figures_file import write_figures
from latency.machine import machine
from latency.options import Check, FiguresFile, Texts
from latency.paths import MAILS, OUT
from latency.replay.texts import NoTextsError, read_texts
from latency.verdicts import exit_if_missed

SKIPPED, TEXTS, CHARS = 100, 40, 700
FIRST_CHARS = 100  # of a text: the token before the text matters most for these

Logits = NDArray[np.float32]
Read = Callable[[Ids], Logits]
"""Gives the logits (n, vocab) after each token of a text."""

app = new_app()


@dataclass(frozen=True, slots=True)
class Bits:
    """Bits per byte that texts cost to predict: whole texts, and their first `FIRST_CHARS` characters."""

    per_byte: float
    per_byte_of_first: float


def measure(read: Read, encode: Callable[[str], Ids], begin: int, texts: Sequence[str]) -> Bits:
    """`begin` is the token before each text."""
    beginnings = [text[:FIRST_CHARS] for text in texts]
    costs = [_cost(read, encode(text), begin) for text in texts]
    bits = sum(float(cost.sum()) for cost in costs)
    first_bits = sum(
        float(cost[: len(encode(beginning))].sum()) for cost, beginning in zip(costs, beginnings, strict=True)
    )
    return Bits(bits / _bytes(texts), first_bits / _bytes(beginnings))


def _bytes(texts: Sequence[str]) -> int:
    return sum(len(text.encode()) for text in texts)


def _cost(read: Read, ids: Ids, begin: int) -> NDArray[np.float64]:
    """Bits (n,) that each token of a text costs."""
    rows = read(np.concatenate([[begin], ids[:-1]])).astype(np.float64)
    peak = rows.max(axis=1)
    total = peak + np.log(np.exp(rows - peak[:, None]).sum(axis=1))
    cost: NDArray[np.float64] = (total - rows[np.arange(len(ids)), ids]) / math.log(2)
    return cost


def served_reader(prepared: Prepared, threads: int) -> Read:
    """The prepared model, run as the server runs it."""
    manifest = prepared.manifest
    reader: Reader = open_reader(prepared.folder, manifest.graph, manifest.geometry, threads)

    def read(ids: Ids) -> Logits:
        reader.restart()
        return reader.read(ids)

    return read


def float32_reader(recipe_name: str, given: Path | None) -> Read:
    """The recipe's weights in float32, run by transformers. `given` is a folder or file with the weights, in
    place of the recipe's source. Raises ModelError.
    """
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


@app.command()
def main(
    model: Annotated[
        str, typer.Argument(help="The name of a recipe. Its model must be prepared.")
    ] = "smollm2-135m",
    source: Annotated[
        Path | None,
        typer.Option("--from", help="A folder or file with the weights, in place of the recipe's source."),
    ] = None,
    texts: Texts = MAILS,
    skip: Annotated[int, typer.Option(min=0, help="How many texts are skipped.")] = SKIPPED,
    count: Annotated[int, typer.Option(min=1, help="How many texts are read after those.")] = TEXTS,
    begins: Annotated[
        list[str] | None,
        typer.Option(
            "--begin", help="A token to try before the texts, besides the model's own one. Repeatable."
        ),
    ] = None,
    out: FiguresFile = OUT / "quality.json",
    check: Check = None,
) -> None:
    """Measure the bits per byte of texts, with a prepared model and with its float32 weights.

    The texts were not used to choose anything when models were prepared. Takes about three minutes.
    """
    console = Console()
    with errors_as_sentences(console, "quality"):
        budget = find_optional_budget(check)
        prepared = load_prepared(load().models_dir / model)
        typed = read_texts(texts, mails=skip + count, chars=CHARS)[skip:]
        if not typed:
            raise NoTextsError(texts)
        figures = _measure(prepared, model, source, typed, begins or [], console)
    write_figures(out, figures)
    exit_if_missed(budget, figures["flat"], console)


def _measure(
    prepared: Prepared,
    model: str,
    source: Path | None,
    texts: Sequence[str],
    begins: Sequence[str],
    console: Console,
) -> dict[str, Any]:
    """Measures each pair of weights and first token, and prints a table. Raises ModelError."""
    from tokenizers import Tokenizer

    manifest = prepared.manifest
    tokeniser = Tokenizer.from_file(str(prepared.tokenizer))

    def encode(text: str) -> Ids:
        return np.array(tokeniser.encode(text, add_special_tokens=False).ids, np.int64)

    own = tokeniser.id_to_token(manifest.begin_ids[0])
    ways = [(manifest.weights, served_reader(prepared, physical_cores()), own)]
    ways.append(("float32", float32_reader(model, source), own))
    for begin in begins:
        if tokeniser.token_to_id(begin) is None:
            console.print(f"{model} has no token “{begin}”, so it is skipped.")
            continue
        ways.append((manifest.weights, ways[0][1], begin))
    table = Table("Weights", "First token", "Bits per byte", f"First {FIRST_CHARS} characters", box=None)
    found = []
    with Progress(console=console, transient=True) as bar:
        for weights, read, begin in bar.track(ways, description="reading"):
            bits = measure(read, encode, tokeniser.token_to_id(begin), texts)
            found.append(
                {"weights": weights, "begin": begin, "bits": bits.per_byte, "head": bits.per_byte_of_first}
            )
            table.add_row(weights, repr(begin), f"{bits.per_byte:.4f}", f"{bits.per_byte_of_first:.4f}")
    worse = found[0]["bits"] / found[1]["bits"] - 1
    console.print(f"{model}, {len(texts)} texts, {sum(map(len, texts)):,} characters; {machine()}")
    console.print(table)
    more = "more" if worse >= 0 else "fewer"
    console.print(f"{manifest.weights} needs {100 * abs(worse):.2f} % {more} bits than float32.")
    flat = {
        "bits_per_byte": found[0]["bits"],
        "bits_per_byte_float32": found[1]["bits"],
        "growth_share": worse,
    }
    return {"model": model, "texts": len(texts), "flat": flat, "ways": found}


if __name__ == "__main__":
    app(prog_name="python -m latency.quality")
