"""The command line. Each command has a file of its own, which is imported only when the command runs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from foretype import __version__
from foretype.cli.lazy import MARKUP, LazyGroup, add_commands
from foretype.support import streams

app = typer.Typer(
    name="foretype",
    cls=LazyGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=MARKUP,
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


SUMMARIES = {
    "serve": "Serve suggestions, and print the address of a page to try them on.",
    "complete": "Complete TEXT once, and print the suggestion with its source, its probability and the time "
    "it took.",
    "pair": "Make a one-time code that connects the browser extension, or another client, with the server.",
    "token": "Tokens for a team, which several servers accept.",
    "words": "Show, change and forget the words that the server has learnt from a person.",
    "prepare": "Make a model ready to serve: fetch its weights, make its ONNX graph, quantise it, check the "
    "quality.",
    "models": "List all models with their size on disk, their quality and their speed.",
    "distil": "Train a smaller model (the student) from a larger one (the teacher), as DistilGPT2 was made "
    "from GPT-2.",
    "compare": "Compare the size, speed and quality of prepared models.",
    "capacity": "Compute the replicas, machines and dollars an hour for a number of typists.",
    "settings": "Print every setting with its default and its meaning, as a Markdown table.",
    "service": "Start the server at each login, without a terminal.",
}
"""The commands, in the order of the help."""

add_commands(app, SUMMARIES)


def main() -> None:
    streams.make_usable()
    try:
        app()
    except Exception as error:
        from foretype.cli.common import FAILED
        from foretype.cli.sentences import NO_MEMORY
        from foretype.runtime.out_of_memory import OutOfMemoryError, recognised

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
