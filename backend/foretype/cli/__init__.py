"""The command line. Each command has a file of its own, which imports slow modules only when the command
runs.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from foretype import __version__
from foretype.cli.common import FAILED
from foretype.cli.compare import compare
from foretype.cli.complete import complete
from foretype.cli.distil import distil
from foretype.cli.models import models
from foretype.cli.pair import pair
from foretype.cli.prepare import prepare
from foretype.cli.sentences import NO_MEMORY
from foretype.cli.serve import serve
from foretype.cli.service import service_commands
from foretype.cli.settings import settings
from foretype.cli.token import token_commands
from foretype.runtime.out_of_memory import OutOfMemoryError, recognised
from foretype.support import streams

app = typer.Typer(
    name="foretype",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"foretype {__version__}")
        raise typer.Exit


@app.callback()
def foretype(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Autocomplete for everything you type in a browser: a small language model on your own machine.

    **Start here**

    - `foretype serve` serves a model, and prints the address of a page to try it on. The first time it
    prepares the model.

    - `foretype service install` starts the server at each login, without a terminal.

    - `foretype pair` makes a code that connects the browser extension with the server.

    - `foretype token mint` makes a token that several servers accept, for a team.

    - `foretype complete "Please let me know if you have any que"` prints one suggestion, without a server.

    Each setting can be given on the command line, as `FORETYPE_...` in the environment, or in a file:
    `foretype settings` lists them all.
    """


app.command()(serve)
app.add_typer(service_commands)
app.command()(complete)
app.command()(pair)
app.add_typer(token_commands)
app.command()(prepare)
app.command()(models)
app.command()(distil)
app.command()(compare)
app.command()(settings)


def main() -> None:
    streams.make_usable()
    try:
        app()
    except Exception as error:
        if isinstance(recognised(error), OutOfMemoryError):
            streams.print_line(NO_MEMORY, sys.stderr)
            sys.exit(FAILED)
        if not isinstance(error, OSError):
            raise
        # The program that reads our output has ended, as `head` does, or the disk is full. Any other error
        # is a mistake of this program.
        lost = streams.give_up_lost()
        if not lost:
            raise
        if not isinstance(error, BrokenPipeError):
            streams.print_line(f"The output cannot be written: {error.strerror}.", sys.stderr)
        sys.exit(FAILED)
