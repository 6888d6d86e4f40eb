"""`foretype models`: the models there are, with their sizes and figures."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from foretype.cli.commands import command
from foretype.cli.common import FAILED, fail, in_ms, say, settings_or_exit
from foretype.cli.options import Given, takes

if TYPE_CHECKING:
    from foretype.models.manifest import PassedOver
    from foretype.models.prepared import Prepared

MOST_WIDTH = 1000  # of a table
NOT_CHOSEN = (
    "slower, refused: other weights that were tried when the model was prepared and were not chosen, because "
    "they are slower on this machine or predict worse."
)


@takes("models_dir")
def models(given: Given) -> None:
    """List all models with their size on disk, their quality and their speed.

    The second list has the figures of the prepared models. "Bits per byte" says how well a model predicts a
    fixed text of plain e-mails: fewer are better. The value in brackets is that of the same model before its
    weights were rounded. "Step" is the time for one more token, and "First pass" the time for the first 64
    tokens of a text, measured when the model was prepared.
    The lines below a model are other kinds of weights that were tried then and not chosen: "slower" on this
    machine, or "refused" because the predictions became worse.

    The checksum of every file is verified. If a model is damaged or a recipe cannot be read, an error is
    printed below the list, and the exit code is 1.
    """
    from foretype.models.prepared import prepared_names

    settings = settings_or_exit(given)
    _require_readable(settings.models_dir)
    there = prepared_names(settings.models_dir)
    listed, damaged = _listed(settings.models_dir, there)
    console = Console()
    _print_whole(console, _overview(listed))
    prepared = [(one.name, one.ready) for one in listed if one.ready is not None]
    if prepared:
        console.print()
        _print_whole(console, _figures(prepared))
    if any(ready.manifest.passed_over for _, ready in prepared):
        console.print(f"\n{NOT_CHOSEN}")
    if not there:
        make = command("prepare", models_dir=settings.models_dir)
        console.print(f"\nNo model is prepared yet. Prepare one with: {make}", soft_wrap=True)
    for problem in damaged:
        say(problem)
    if damaged:
        raise typer.Exit(FAILED)


@dataclass(frozen=True, slots=True)
class _Listed:
    """A recipe or a prepared model. ready: None if it is not prepared, or damaged."""

    name: str
    description: str
    state: str
    ready: Prepared | None = None


def _listed(models_dir: Path, there: Collection[str]) -> tuple[list[_Listed], list[Exception]]:
    """All recipes and prepared models (`there`), and an error for each damaged one."""
    from foretype.models.errors import ModelError
    from foretype.models.prepared import load_prepared
    from foretype.models.recipe import load_recipe, recipe_names

    recipes = recipe_names()
    listed: list[_Listed] = []
    damaged: list[Exception] = []
    for name in [*recipes, *(other for other in there if other not in recipes)]:
        described = ""
        try:
            described = load_recipe(name).description if name in recipes else ""
            if name not in there:
                listed.append(_Listed(name, described, "no"))
                continue
            ready = load_prepared(models_dir / name)
            listed.append(_Listed(name, described or ready.manifest.description, "yes", ready))
        except ModelError as error:
            listed.append(_Listed(name, described, "damaged"))
            damaged.append(error)
    return listed, damaged


def _overview(listed: Sequence[_Listed]) -> Table:
    table = _new_table("Prepared", "Description")
    for one in listed:
        table.add_row(one.name, one.state, one.description)
    return table


def _figures(prepared: Sequence[tuple[str, Prepared]]) -> Table:
    table = _new_table("Weights", "Disk", "Bits per byte", "Step", "First pass")
    for name, ready in prepared:
        table.add_row(name, *_own_figures(ready))
        for other in ready.manifest.passed_over:
            table.add_row("", *_other_figures(other), style="dim")
    return table


def _new_table(*others: str) -> Table:
    """A table of models. Users type the names of models, so each name stands on one line."""
    table = Table(box=None)
    table.add_column("Model", no_wrap=True)
    for other in others:
        table.add_column(other)
    return table


def _print_whole(console: Console, table: Table) -> None:
    """Print a table, wider than the terminal if it is too narrow for the longest name."""
    least = Measurement.get(console, console.options.update(max_width=MOST_WIDTH), table).minimum
    if least > console.width:
        console = Console(file=console.file, width=least)
    console.print(table)


def _require_readable(models_dir: Path) -> None:
    """Without this check, a models folder that cannot be read would look like an empty one."""
    try:
        next(models_dir.iterdir(), None)
    except FileNotFoundError:
        return  # nothing is prepared yet
    except OSError as error:
        why = f"The models folder {models_dir} cannot be read ({error.strerror})"
        fail(f"{why}: use another with --models-dir.")


def _own_figures(ready: Prepared) -> tuple[str, ...]:
    manifest = ready.manifest
    figures = manifest.figures
    return (
        f"{manifest.weights}, {manifest.graph}",
        f"{ready.bytes / 1e6:.0f} MB",
        f"{figures.bits_per_byte:.3f} ({figures.bits_per_byte_float32:.3f})",
        in_ms(figures.step_ms),
        in_ms(figures.prefill_ms),
    )


def _other_figures(other: PassedOver) -> tuple[str, ...]:
    why = "refused" if other.refused else "slower"
    bits = "–" if other.bits_per_byte is None else f"{other.bits_per_byte:.3f}"
    figures = bits, in_ms(other.step_ms), in_ms(other.prefill_ms)
    return f"{other.weights}: {why}", "–", *figures
