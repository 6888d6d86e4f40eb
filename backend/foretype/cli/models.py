"""`foretype prepare` and `foretype models`."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from foretype.cli.common import FAILED, USAGE, Config, fail, option, say, settings_or_exit
from foretype.ending import INTERRUPTED
from foretype.models.hints import command
from foretype.providers import ProviderMissingError, Surroundings, choose

if TYPE_CHECKING:
    from foretype.models.manifest import PassedOver
    from foretype.models.prepared import Prepared
    from foretype.models.recipe import Recipe
    from foretype.settings import Settings

Model = Annotated[
    str | None,
    typer.Argument(
        help="A recipe's name (`foretype models` lists them), or a folder with a transformers model. "
        "By default what `foretype serve` would take.",
        show_default=False,
    ),
]


def prepare(
    model: Model = None,
    force: Annotated[
        bool, typer.Option("--force", help="Make it anew, even where it is there already.")
    ] = False,
    name: Annotated[
        str | None, typer.Option("--name", help="What to call a folder's model; by default as the folder.")
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="A folder or file with the weights, in place of the recipe's source."),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option("--weights", help="Only these, not the fastest: grid, int8-block32, float32, …"),
    ] = None,
    models_dir: Annotated[str | None, option("models_dir")] = None,
    threads: Annotated[int | None, option("threads")] = None,
    provider: Annotated[str | None, option("provider")] = None,
    config: Config = None,
    while_stdin_open: Annotated[bool, typer.Option("--while-stdin-open", hidden=True)] = False,
) -> None:
    """Make a model ready to serve: fetch its weights, export them to ONNX, quantise, check the quality.

    Takes a few minutes and some gigabytes of disk, once; what is there already is left as it is.
    Stopped at any point, the same command goes on where it was.

    A folder needs `config.json`, weights (`.safetensors` or `pytorch_model.bin`) and a tokeniser, as
    `save_pretrained` writes them and the model hub has them. Code that it may bring is never run. Once its
    model is prepared, the folder is needed no more; where it has changed since, the model is made anew.

    **Examples**

    `foretype prepare` makes what `foretype serve` would make when it starts.

    `foretype prepare ~/models/small` makes a folder's model, for `foretype serve --model small`.

    `foretype prepare distilgpt2 --from ~/models/distilgpt2` takes the weights from a folder.

    `foretype prepare smollm2-135m --force` makes it anew.

    `foretype prepare smollm2-135m --weights float32 --models-dir exact` makes one that rounds nothing.
    """
    settings = settings_or_exit(
        config, model=model, models_dir=models_dir, threads=threads, provider=provider
    )
    try:
        # Before an import that would fail without saying why, and before minutes of work for nothing.
        chosen = choose(settings.provider, Surroundings.here(), half=True)
    except ProviderMissingError as error:
        fail(str(error))
    console = Console(stderr=True, highlight=False)
    with _stoppable(console):
        if while_stdin_open:
            threading.Thread(target=_stop_when_stdin_closes, daemon=True).start()
        from foretype.cli.progress import drawn
        from foretype.models.errors import ModelError
        from foretype.models.folder import folder_meant

        folder = None if settings.model is None else folder_meant(settings.model)
        _refuse_together(folder, name, source)
        try:
            if folder is not None:
                recipe, given = _read_off(folder, name, settings, force, console), None
            else:
                recipe, given = _chosen(settings, source, console)
            with drawn(console) as progress:
                from foretype.models.make import make

                ready = make(
                    recipe.on(chosen) if weights is None else _only(recipe, weights),
                    settings.models_dir,
                    threads=settings.threads,
                    given=given,
                    force=force,
                    progress=progress,
                )
        except ModelError as error:
            fail(str(error))
    console.print(_summary(ready), soft_wrap=True)


def _only(recipe: Recipe, weights: str) -> Recipe:
    from foretype.models.errors import RecipeInvalidError

    try:
        return recipe.only(weights)
    except RecipeInvalidError as error:
        fail(f"--weights: {'; '.join(error.problems)}.", USAGE)


def _refuse_together(folder: Path | None, name: str | None, source: Path | None) -> None:
    if folder is None and name is not None:
        fail("--name goes with a folder; a recipe's model has the recipe's name.", USAGE)
    if folder is not None and source is not None:
        fail(f"--from goes with a recipe's name; {folder} is where the weights are already.", USAGE)


def _read_off(folder: Path, name: str | None, settings: Settings, force: bool, console: Console) -> Recipe:
    """The recipe of the model in a folder, and a line that says it. Raises ModelError."""
    from foretype.models.folder import UNKNOWN_LICENCE, look_at, name_for, recipe_of

    looked_at = look_at(folder)
    recipe = recipe_of(looked_at, name_for(looked_at, name, settings.models_dir, force=force))
    console.print(
        f"{recipe.name}: {recipe.description}; {recipe.context_length:,} tokens of context, texts begin with "
        f"“{recipe.begin[0]}”, licence {recipe.licence}.",
        markup=False,
    )
    if recipe.licence == UNKNOWN_LICENCE:
        console.print(
            "The folder does not say under which licence the model is: look it up before you pass it on."
        )
    return recipe


def _chosen(settings: Settings, source: Path | None, console: Console) -> tuple[Recipe, Path | None]:
    """The recipe of the model that is asked for, or would be served, and the weights that were named for it.
    Raises ModelError.
    """
    from foretype.models.choose import choose
    from foretype.models.errors import NotAModelError
    from foretype.models.prepare import named_folders
    from foretype.models.prepared import load_prepared, remedy

    folders = named_folders(settings)
    choice = choose(settings.models_dir, settings.model, folders)
    if choice.recipe is None:
        whole = load_prepared(settings.models_dir / choice.name)
        raise NotAModelError(
            f"{whole.folder.name} is prepared, and no recipe says how to make it anew. {remedy(whole.folder)}"
        )
    if settings.model is None:
        console.print(f"{choice.reason[:1].upper()}{choice.reason[1:]}.")
    return choice.recipe, source or folders.get(choice.name)


def models(models_dir: Annotated[str | None, option("models_dir")] = None, config: Config = None) -> None:
    """List the models there are: what is prepared, how much disk each takes, how good and how fast it is.

    Bits per byte say how well a model predicts a fixed text of plain e-mails: fewer is better. Beside them
    stand those of the same model before its weights were rounded. "Step" is one more token, "first pass" the
    first 64 tokens of a text, as measured when the model was prepared. Below it stand the other kinds of
    weights that were tried then.

    Every file is held against the checksum that it had when its model was made; where a model is damaged, or
    a recipe cannot be read, that is said below the list, and the exit code is 1.
    """
    from foretype.models.errors import ModelError
    from foretype.models.prepared import load_prepared, prepared_names
    from foretype.models.recipe import load_recipe, recipe_names

    settings = settings_or_exit(config, models_dir=models_dir)
    _require_readable(settings.models_dir)
    table = Table("Model", "What it is", "Prepared", "Disk", "Bits per byte", "Step", "First pass", box=None)
    recipes, there = recipe_names(), prepared_names(settings.models_dir)
    damaged: list[str] = []
    for name in [*recipes, *(other for other in there if other not in recipes)]:
        described = ""
        try:
            described = load_recipe(name).description if name in recipes else ""
            if name not in there:
                table.add_row(name, described, "no")
                continue
            ready = load_prepared(settings.models_dir / name)
            table.add_row(name, described or ready.manifest.description, *_figures(ready))
            for other in ready.manifest.passed_over:
                table.add_row("", "", *_other_figures(other), style="dim")
        except ModelError as error:
            table.add_row(name, described, "damaged")
            damaged.append(str(error))
    console = Console()
    console.print(table)
    if not there:
        make = command("prepare", models_dir=settings.models_dir)
        console.print(f"\nNone is prepared yet. Make one with: {make}", soft_wrap=True)
    for sentence in damaged:
        say(sentence)
    if damaged:
        raise typer.Exit(FAILED)


def _require_readable(models_dir: Path) -> None:
    """A file, or a folder that may not be looked into, has no names in it and says nothing of that."""
    try:
        next(models_dir.iterdir(), None)
    except FileNotFoundError:
        return  # nothing is prepared yet
    except OSError as error:
        fail(f"The models folder {models_dir} cannot be read ({error.strerror}).")


def _figures(ready: Prepared) -> tuple[str, ...]:
    manifest = ready.manifest
    figures = manifest.figures
    return (
        f"{manifest.weights}, {manifest.graph}",
        f"{ready.bytes / 1e6:.0f} MB",
        f"{figures.bits_per_byte:.3f} (float32 {figures.bits_per_byte_float32:.3f})",
        _ms(figures.step_ms),
        _ms(figures.prefill_ms),
    )


def _other_figures(other: PassedOver) -> tuple[str, ...]:
    why = "refused" if other.refused else "slower"
    bits = "–" if other.bits_per_byte is None else f"{other.bits_per_byte:.3f}"
    figures = bits, _ms(other.step_ms), _ms(other.prefill_ms)
    return f"{other.weights}: {why}", "", *figures


def _summary(ready: Prepared) -> str:
    figures = ready.manifest.figures
    return (
        f"{ready.manifest.recipe} is ready in {ready.folder}: {ready.bytes / 1e6:.0f} MB, "
        f"{figures.bits_per_byte:.3f} bits per byte (float32 {figures.bits_per_byte_float32:.3f}), "
        f"{_ms(figures.step_ms)} a token. Serve it with:\n  "
        + command("serve", "--model", ready.folder.name, models_dir=ready.folder.parent)
    )


def _ms(value: float) -> str:
    return f"{value:.0f} ms" if value >= 10 else f"{value:.2g} ms"


@contextmanager
def _stoppable(console: Console) -> Iterator[None]:
    """End on Ctrl-C and on SIGTERM with one line, whatever library is at work."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one would only hide the line
        console.print("Stopped. The same command goes on where this was.")
        raise typer.Exit(INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop_when_stdin_closes() -> None:
    """Stop as SIGTERM does once the process that holds the other end of standard input has ended.

    Not as Ctrl-C does: what a shell starts in the background ignores that.
    """
    while os.read(sys.stdin.fileno(), 1024):
        pass
    _thread.interrupt_main(signal.SIGTERM)
