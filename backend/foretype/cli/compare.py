"""`foretype compare`: measure prepared models side by side."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from foretype.cli.common import FAILED, USAGE, fail, progress_console, say, settings_or_exit
from foretype.cli.options import Given, takes
from foretype.cli.signals import first_signal_calls
from foretype.models.field_kind import FieldKind
from foretype.support.ending import INTERRUPTED

ROUNDS = 3
AMOUNT = (20_000, 10, 300)  # bytes for quality, texts to type, characters of each text
QUICK_AMOUNT = (4_000, 3, 150)


@takes("models_dir", "threads")
def compare(
    given: Given,
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL",
            help="Prepared models: their names in the models folder, or paths of their folders.",
            show_default=False,
        ),
    ],
    texts: Annotated[
        Path | None,
        typer.Option(
            "--texts",
            help="A folder of .txt and .md files to measure quality with. By default a short text that comes "
            "with Foretype.",
            show_default=False,
        ),
    ] = None,
    kind: Annotated[
        FieldKind, typer.Option("--kind", help="The kind of field that the texts are typed in.")
    ] = FieldKind.EMAIL,
    quick: Annotated[
        bool, typer.Option("--quick", help="One round and fewer texts, for a first impression.")
    ] = False,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", help="Draw the figures into this SVG file.", show_default=False),
    ] = None,
    json: Annotated[
        Path | None, typer.Option("--json", help="Write the figures into this JSON file.", show_default=False)
    ] = None,
) -> None:
    """Compare the size, speed and quality of prepared models.

    Each model runs in a process of its own, in three rounds over all models. Foretype measures the size on
    disk, the memory, the time to load, the time for one more token, for the first 64 tokens and for an
    answer, the bits per byte of your texts (fewer are better), and the keystrokes that a simulated typist
    saves by accepting each right word. This takes some minutes for each model.

    Only the files of `--json` and `--picture` are written. If a model cannot be measured, the others are
    shown all the same, and the exit code is 1.

    **Examples**

    `foretype compare smollm2-135m distilgpt2 --texts ~/mails` compares two prepared models.

    `foretype compare smollm2-135m ~/exact/smollm2-135m --quick` compares a model with one in another folder.

    `foretype compare gpt2 ./small --texts ~/mails --picture compare.svg` also draws quality against latency.
    """
    settings = settings_or_exit(given)
    for file in (picture, json):
        if file is not None:
            _require_writable(file)
    from foretype.cli.progress import draw_progress
    from foretype.compare.errors import CompareError, StoppedError
    from foretype.compare.named import find_models
    from foretype.compare.picture import draw
    from foretype.compare.report import Report, print_report, write_json
    from foretype.compare.run import Comparison, Stop
    from foretype.compare.run import compare as measured
    from foretype.compare.texts import Amount, folder_texts, shipped_texts
    from foretype.models.errors import ModelError
    from foretype.support.machine import machine_name

    console = progress_console()
    amount = Amount(*(QUICK_AMOUNT if quick else AMOUNT))
    rounds = 1 if quick else ROUNDS
    try:
        found = find_models(models, settings.models_dir)
        read = shipped_texts(amount) if texts is None else folder_texts(texts.expanduser(), amount)
        stop = Stop()
        with first_signal_calls(stop.ask), draw_progress(console) as progress:
            compared, failed = measured(Comparison(found, read, kind, rounds, settings), progress, stop)
    except (CompareError, ModelError) as error:
        fail(error)
    except StoppedError:
        fail("Stopped. Nothing was written.", INTERRUPTED)
    if compared:
        report = Report(compared, read, kind, rounds, settings.threads, settings.budget_ms, machine_name())
        print_report(report, Console(highlight=False))
        if json is not None:
            write_json(report, json)
        if picture is not None:
            draw(report).save(picture)
    for failure in failed:
        say(str(failure))
    if failed:
        raise typer.Exit(FAILED)


def _require_writable(file: Path) -> None:
    """Checked before minutes of work, not after them."""
    folder = next(one for one in file.absolute().parents if one.exists())
    if file.is_dir() or not folder.is_dir() or not os.access(file if file.exists() else folder, os.W_OK):
        fail(f"{file} cannot be written: choose another file.", USAGE)
