"""`foretype prepare`: make a model ready to serve."""

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

from foretype.cli.commands import command
from foretype.cli.common import USAGE, fail, in_ms, progress_console, settings_or_exit
from foretype.cli.options import Given, takes
from foretype.cli.sentences import remedy
from foretype.runtime.providers import ProviderMissingError, Surroundings, choose_provider
from foretype.support.ending import INTERRUPTED

if TYPE_CHECKING:
    from foretype.models.prepared import Prepared
    from foretype.models.recipe import Recipe
    from foretype.support.settings import Settings

Model = Annotated[
    str | None,
    typer.Argument(
        help="A recipe's name (`foretype models` lists them), or a folder with a transformers model. "
        "By default the model that `foretype serve` would use.",
        show_default=False,
    ),
]


@takes("models_dir", "threads", "provider")
def prepare(
    given: Given,
    model: Model = None,
    force: Annotated[
        bool, typer.Option("--force", help="Make the model again, even if it is prepared already.")
    ] = False,
    name: Annotated[
        str | None,
        typer.Option("--name", help="The name for a folder's model; by default the folder's name."),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="A folder or file with the weights, instead of the recipe's source."),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights",
            help="Use this kind of weights instead of the fastest: grid, int8-block32, float32, …",
        ),
    ] = None,
    accept_licence: Annotated[
        bool,
        typer.Option("--accept-licence", help="You have read the model's licence, and accept it."),
    ] = False,
    while_stdin_open: Annotated[bool, typer.Option("--while-stdin-open", hidden=True)] = False,
) -> None:
    """Make a model ready to serve: fetch its weights, make its ONNX graph, quantise it, check the quality.

    This takes a few minutes and some gigabytes of disk. A model that is prepared already is not made again.
    If the command is stopped, run it again: it continues.

    A folder needs `config.json`, weights (`.safetensors` or `pytorch_model.bin`) and a tokeniser, in the form
    of `save_pretrained` and of the model hub. Code in the folder is never run. Once the model is prepared,
    the folder is no longer needed. If you prepare a folder whose content has changed, its model is made
    again.

    **Examples**

    `foretype prepare` prepares the model that `foretype serve` would use.

    `foretype prepare ~/models/small` prepares the model in a folder, for `foretype serve --model small`.

    `foretype prepare distilgpt2 --from ~/models/distilgpt2` uses the weights in a folder.

    `foretype prepare smollm2-135m --force` makes the model again.

    `foretype prepare smollm2-135m --weights float32 --models-dir exact` makes a model without rounding.

    `foretype prepare gemma3-270m --accept-licence` prepares a model whose licence must be accepted once.
    """
    settings = settings_or_exit(given, model=model)
    try:
        # Checked before an import that would fail without a reason, and before minutes of useless work.
        chosen = choose_provider(settings.provider, Surroundings.here(settings.provider), half=True)
    except ProviderMissingError as error:
        fail(error)
    console = progress_console()
    with _stoppable(console):
        if while_stdin_open:
            threading.Thread(target=_stop_when_stdin_closes, daemon=True).start()
        from foretype.cli.progress import draw_progress
        from foretype.models.errors import ModelError
        from foretype.models.prepared import is_prepared
        from foretype.prepare.folder import folder_meant
        from foretype.prepare.packages import require_onnx

        folder = None if settings.model is None else folder_meant(settings.model)
        _refuse_together(folder, name, source)
        try:
            if folder is not None:
                recipe = _recipe_of_folder(folder, name, settings, force, console)
            else:
                recipe = _recipe_of_choice(settings, console)
            require_onnx(recipe.name, settings.models_dir)
            if folder is None and (force or not is_prepared(settings.models_dir / recipe.name)):
                may_ask = not while_stdin_open and sys.stdin.isatty()
                _settle_licence(recipe, settings.models_dir, accept_licence, may_ask, console)
            with draw_progress(console) as progress:
                from foretype.prepare.make import make

                ready = make(
                    recipe.on(chosen) if weights is None else _only(recipe, weights),
                    settings.models_dir,
                    threads=settings.threads,
                    given=source,
                    force=force,
                    progress=progress,
                )
        except ModelError as error:
            fail(error)
    console.print(_summary(ready), soft_wrap=True)


def _only(recipe: Recipe, weights: str) -> Recipe:
    from foretype.models.errors import RecipeInvalidError

    try:
        return recipe.only(weights)
    except RecipeInvalidError as error:
        fail(f"--weights: {'; '.join(error.problems)}.", USAGE)


def _refuse_together(folder: Path | None, name: str | None, source: Path | None) -> None:
    if folder is None and name is not None:
        fail("--name needs a folder: a recipe's model always has the recipe's name.", USAGE)
    if folder is not None and source is not None:
        fail(f"--from needs a recipe's name: {folder} is a folder and has its own weights.", USAGE)


def _recipe_of_folder(
    folder: Path, name: str | None, settings: Settings, force: bool, console: Console
) -> Recipe:
    """The recipe for the model in a folder, which is also printed in a line. Raises ModelError."""
    from foretype.prepare.folder import UNKNOWN_LICENCE, inspect_folder, name_for, recipe_of
    from foretype.prepare.packages import require_export

    inspected = inspect_folder(folder)
    require_export(f"Preparing the model in {folder}")
    recipe = recipe_of(inspected, name_for(inspected, name, settings.models_dir, force=force))
    console.print(
        f"{recipe.name}: {recipe.description}; {recipe.context_length:,} tokens of context, texts begin with "
        f"“{recipe.begin[0]}”, licence {recipe.licence}.",
        markup=False,
    )
    if recipe.licence == UNKNOWN_LICENCE:
        console.print(
            "The folder does not name the model's licence: look it up before you pass the model on."
        )
    return recipe


def _recipe_of_choice(settings: Settings, console: Console) -> Recipe:
    """The recipe of the requested model, or of the default one. Raises ModelError."""
    from foretype.models.errors import NotAModelError
    from foretype.models.prepared import load_prepared, origin_of
    from foretype.prepare.choose import choose_model

    choice = choose_model(settings.models_dir, settings.model)
    if choice.recipe is None:
        whole = load_prepared(settings.models_dir / choice.name)
        raise NotAModelError(
            f"{whole.folder.name} is prepared, and no recipe says how to make it again. "
            + remedy(whole.folder, origin_of(whole.folder))
        )
    if settings.model is None:
        console.print(f"{choice.reason[:1].upper()}{choice.reason[1:]}.")
    return choice.recipe


def _settle_licence(
    recipe: Recipe, models_dir: Path, accepted: bool, may_ask: bool, console: Console
) -> None:
    """Show a licence that must be accepted, and note that it was: by the option, or by a key. Without either,
    fetching the model raises LicenceNotAcceptedError.
    """
    from foretype.models.errors import ModelsFolderError
    from foretype.prepare.licence import accept, is_accepted

    if is_accepted(recipe, models_dir):
        return
    console.print(
        f"{recipe.name} is under the {recipe.licence}: {recipe.terms}\n"
        "Its authors restrict what the model may be used for. If you pass it on, pass on these terms too.",
        markup=False,
        soft_wrap=True,
    )
    if accepted or (may_ask and typer.confirm("Have you read the licence, and do you accept it?", err=True)):
        try:
            accept(recipe, models_dir)
        except OSError as error:
            raise ModelsFolderError(models_dir, error.strerror or type(error).__name__) from error


def _summary(ready: Prepared) -> str:
    figures = ready.manifest.figures
    return (
        f"{ready.manifest.recipe} is ready in {ready.folder}: {ready.bytes / 1e6:.0f} MB, "
        f"{figures.bits_per_byte:.3f} bits per byte (float32 {figures.bits_per_byte_float32:.3f}), "
        f"{in_ms(figures.step_ms)} a token. Serve it with:\n  "
        + command("serve", "--model", ready.folder.name, models_dir=ready.folder.parent)
    )


@contextmanager
def _stoppable(console: Console) -> Iterator[None]:
    """If Ctrl-C or SIGTERM comes, print one line and exit, also from inside a library."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would only interrupt the line
        console.print("Stopped. To continue, run the same command again.")
        raise typer.Exit(INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop_when_stdin_closes() -> None:
    """Act as SIGTERM when the process at the other end of standard input has ended.

    SIGINT is not used, because a process that a shell starts in the background ignores it.
    """
    while os.read(sys.stdin.fileno(), 1024):
        pass
    _thread.interrupt_main(signal.SIGTERM)
