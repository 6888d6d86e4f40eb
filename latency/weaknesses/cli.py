"""Weaknesses of an earlier commit, tried at its server and at this one's: `python -m latency.weaknesses`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from latency.command import LIMIT_MISSED, errors_as_sentences, new_app
from latency.event_loop import run
from latency.machine import machine
from latency.options import Model, Texts
from latency.paths import MAILS
from latency.replay.texts import read_texts
from latency.shapes import settings_for
from latency.versus.checkout import Checkout, checkout_of, this_checkout
from latency.weaknesses.checks import CHECKS
from latency.weaknesses.trial import Found, Trial

app = new_app()


@app.command()
def main(
    commit: Annotated[str, typer.Argument(help="The commit that has the weaknesses.")] = "14cb6b9",
    only: Annotated[
        list[str] | None, typer.Option(help="The number of a weakness. Repeatable. Default: all.")
    ] = None,
    model: Model = "smollm2-135m",
    texts: Texts = MAILS,
) -> None:
    """Show weaknesses of an earlier commit's server, and whether this checkout still has them.

    Each try is harmless. It is made at both servers, one after the other. The exit code is 1 if this checkout
    has one of the weaknesses. Weakness 10 is tried in Chromium, and needs the packages that `make test`
    installs.

    **Examples**

    * `python -m latency.weaknesses` — 10 minutes, and some more the first time

    * `python -m latency.weaknesses --only 5 --only 9` — a short try
    """
    console = Console()
    with errors_as_sentences(console, "weaknesses"):
        settings = settings_for(model)
        other = checkout_of(commit, model, console)
        sides = [Checkout(other.name, other.program, {**settings, **other.settings}), this_checkout(settings)]
        mails = read_texts(texts)
        names = [name for name in CHECKS if not only or name.split()[0] in only]
        found = {name: _both(name, sides, mails, console) for name in names}
    table = Table("", sides[0].name, sides[1].name, title=machine(), title_justify="left", show_lines=True)
    for name, (then, now) in found.items():
        table.add_row(name, _cell(then), _cell(now))
    console.print(table)
    if not all(now.held for _, now in found.values()):
        raise typer.Exit(LIMIT_MISSED)


def _both(name: str, sides: list[Checkout], mails: list[str], console: Console) -> tuple[Found, Found]:
    with Progress(console=console, transient=True) as bar:
        then, now = (_one(name, side, mails) for side in bar.track(sides, description=name))
    return then, now


def _one(name: str, side: Checkout, mails: list[str]) -> Found:
    with tempfile.TemporaryDirectory() as folder:
        return run(CHECKS[name](Trial(side, Path(folder)), mails))


def _cell(found: Found) -> str:
    return f"{'held' if found.held else '[bold red]broken[/]'}: {found.seen}"
