"""`foretype compare`: prepared models side by side."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from foretype.cli.common import FAILED, USAGE, Config, fail, option, say, settings_or_exit
from foretype.cli.signals import asked_by_signals
from foretype.ending import INTERRUPTED
from foretype.keystroke import FieldKind

ROUNDS = 3
AMOUNT = (20_000, 10, 300)  # bytes read, texts typed, characters of each
QUICK_AMOUNT = (4_000, 3, 150)


def compare(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL",
            help="Prepared models: names in the models folder, or folders of prepared models.",
            show_default=False,
        ),
    ],
    texts: Annotated[
        Path | None,
        typer.Option(
            "--texts",
            help="A folder of .txt and .md files to measure quality on; by default a short text that ships "
            "with Foretype.",
            show_default=False,
        ),
    ] = None,
    kind: Annotated[
        FieldKind, typer.Option("--kind", help="What kind of field the texts are typed in.")
    ] = FieldKind.EMAIL,
    quick: Annotated[
        bool, typer.Option("--quick", help="One round, and few texts: for a first look.")
    ] = False,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", help="Where the picture goes, an SVG file.", show_default=False),
    ] = None,
    json: Annotated[
        Path | None, typer.Option("--json", help="Where the figures go, a JSON file.", show_default=False)
    ] = None,
    models_dir: Annotated[str | None, option("models_dir")] = None,
    threads: Annotated[int | None, option("threads")] = None,
    config: Config = None,
) -> None:
    """Show what models take, how fast they are and how good, side by side.

    Each is measured in a process of its own, in three rounds over all of them: size, memory, time to load,
    one more token, the first 64, an answer; then bits per byte of your texts (fewer are better) and the
    keystrokes that a typist saves who takes the words that are right. Some minutes a model; nothing is kept
    but what `--json` and `--picture` name. One that cannot be measured leaves the others' figures; the exit
    code is 1 then.

    **Examples**

    `foretype compare smollm2-135m distilgpt2 --texts ~/mails` compares two models that are prepared.

    `foretype compare smollm2-135m ~/exact/smollm2-135m --quick` compares it with one in another folder.

    `foretype compare gpt2 ./small --texts ~/mails --picture compare.svg` draws quality against latency, too.
    """
    settings = settings_or_exit(config, models_dir=models_dir, threads=threads)
    for file in (picture, json):
        if file is not None:
            _require_writable(file)
    from foretype.cli.progress import drawn
    from foretype.compare.errors import CompareError, StoppedError
    from foretype.compare.named import find_models
    from foretype.compare.picture import draw
    from foretype.compare.report import Report, print_report, write_json
    from foretype.compare.run import Asked, Stop
    from foretype.compare.run import compare as measured
    from foretype.compare.texts import Amount, folder_texts, shipped_texts
    from foretype.machine import machine_name
    from foretype.models.errors import ModelError

    console = Console(stderr=True, highlight=False)
    amount = Amount(*(QUICK_AMOUNT if quick else AMOUNT))
    rounds = 1 if quick else ROUNDS
    try:
        found = find_models(models, settings.models_dir)
        read = shipped_texts(amount) if texts is None else folder_texts(texts.expanduser(), amount)
        stop = Stop()
        with asked_by_signals(stop.ask), drawn(console) as progress:
            compared, failed = measured(Asked(found, read, kind, rounds, settings), progress, stop)
    except (CompareError, ModelError) as error:
        fail(str(error))
    except StoppedError:
        fail("Stopped. Nothing was kept.", INTERRUPTED)
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
    """Said before minutes of work, not after them."""
    folder = next(one for one in file.absolute().parents if one.exists())
    if file.is_dir() or not folder.is_dir() or not os.access(file if file.exists() else folder, os.W_OK):
        fail(f"{file} cannot be written.", USAGE)
