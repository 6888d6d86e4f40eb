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

from foretype.cli.common import INTERRUPTED, Config, fail, option, settings_or_exit

if TYPE_CHECKING:
    from foretype.models.manifest import PassedOver
    from foretype.models.prepared import Prepared

Model = Annotated[
    str | None,
    typer.Argument(
        help="A recipe's name; `foretype models` lists them. By default what `foretype serve` would take.",
        show_default=False,
    ),
]


def prepare(
    model: Model = None,
    force: Annotated[
        bool, typer.Option("--force", help="Make it anew, even where it is there already.")
    ] = False,
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
    config: Config = None,
    while_stdin_open: Annotated[bool, typer.Option("--while-stdin-open", hidden=True)] = False,
) -> None:
    """Make a model ready to serve: fetch its weights, export them to ONNX, quantise, check the quality.

    Takes a few minutes and some gigabytes of disk, once; what is there already is left as it is.
    Stopped at any point, the same command goes on where it was.

    **Examples**

    `foretype prepare` makes what `foretype serve` would make when it starts.

    `foretype prepare distilgpt2 --from ~/models/distilgpt2` takes the weights from a folder.

    `foretype prepare smollm2-135m --force` makes it anew.

    `foretype prepare smollm2-135m --weights float32 --models-dir exact` makes one that rounds nothing.
    """
    settings = settings_or_exit(config, model=model, models_dir=models_dir, threads=threads)
    console = Console(stderr=True, highlight=False)
    with _stoppable(console):
        if while_stdin_open:
            threading.Thread(target=_stop_when_stdin_closes, daemon=True).start()
        from foretype.cli.progress import drawn
        from foretype.models.choose import choose
        from foretype.models.errors import ModelError
        from foretype.models.prepare import named_folders

        folders = named_folders(settings)
        try:
            choice = choose(settings.models_dir, settings.model, folders)
            if settings.model is None:
                console.print(f"{choice.reason[:1].upper()}{choice.reason[1:]}.")
            with drawn(console) as progress:
                from foretype.models.make import make

                ready = make(
                    choice.recipe if weights is None else choice.recipe.only(weights),
                    settings.models_dir,
                    threads=settings.threads,
                    given=source or folders.get(choice.recipe.name),
                    force=force,
                    progress=progress,
                )
        except ModelError as error:
            fail(str(error))
    console.print(_summary(ready))


def models(models_dir: Annotated[str | None, option("models_dir")] = None, config: Config = None) -> None:
    """List the models there are: what is prepared, how much disk each takes, how good and how fast it is.

    Bits per byte say how well a model predicts a fixed text of plain e-mails: fewer is better. Beside them
    stand those of the same model before its weights were rounded. "Step" is one more token, "first pass" the
    first 64 tokens of a text, as measured when the model was prepared. Below it stand the other kinds of
    weights that were tried then.
    """
    from foretype.models.errors import ModelError
    from foretype.models.prepared import Prepared, is_prepared, read_manifest
    from foretype.models.recipe import load_recipe, recipe_names

    settings = settings_or_exit(config, models_dir=models_dir)
    table = Table("Model", "What it is", "Prepared", "Disk", "Bits per byte", "Step", "First pass", box=None)
    found = 0
    for name in recipe_names():
        folder = settings.models_dir / name
        try:
            described = load_recipe(name).description
            if not is_prepared(folder):
                table.add_row(name, described, "no")
                continue
            ready = Prepared(folder, read_manifest(folder))
            table.add_row(name, described, *_figures(ready))
            for other in ready.manifest.passed_over:
                table.add_row("", "", *_other_figures(other), style="dim")
            found += 1
        except ModelError as error:
            table.add_row(name, str(error), "damaged")
    console = Console()
    console.print(table)
    if not found:
        console.print("\nNone is prepared yet. Make one with: foretype prepare")


def _figures(ready: Prepared) -> tuple[str, ...]:
    manifest = ready.manifest
    figures = manifest.figures
    return (
        f"{manifest.weights}, {manifest.graph}",
        f"{ready.bytes / 1e6:.0f} MB",
        f"{figures.bits_per_byte:.3f} (float32 {figures.bits_per_byte_float32:.3f})",
        f"{figures.step_ms:.0f} ms",
        f"{figures.prefill_ms:.0f} ms",
    )


def _other_figures(other: PassedOver) -> tuple[str, ...]:
    why = "refused" if other.refused else "slower"
    bits = "–" if other.bits_per_byte is None else f"{other.bits_per_byte:.3f}"
    figures = bits, f"{other.step_ms:.0f} ms", f"{other.prefill_ms:.0f} ms"
    return f"{other.weights}: {why}", "", *figures


def _summary(ready: Prepared) -> str:
    figures = ready.manifest.figures
    return (
        f"{ready.manifest.recipe} is ready in {ready.folder}: {ready.bytes / 1e6:.0f} MB, "
        f"{figures.bits_per_byte:.3f} bits per byte (float32 {figures.bits_per_byte_float32:.3f}), "
        f"{figures.step_ms:.0f} ms a token. Serve it with: foretype serve"
    )


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
