"""Code that commands share: reading the settings, printing messages, exit codes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn, TextIO, cast

import typer

from foretype.cli.options import Given
from foretype.cli.sentences import sentence
from foretype.support.settings import BadSettingsError, Settings, load, unknown_variables
from foretype.support.streams import Unbreakable, print_line

if TYPE_CHECKING:
    from rich.console import Console

USAGE = 2
"""The exit code if the settings or the arguments are wrong."""
FAILED = 1


def settings_or_exit(given: Given, **more: object) -> Settings:
    """The settings of this run, from the options and `more`.

    If they are wrong, prints a sentence for each mistake and exits with `USAGE`.
    """
    try:
        settings = load({**given.values, **more}, given.config)
    except BadSettingsError as bad:
        for sentence in bad.sentences:
            say(sentence)
        raise typer.Exit(USAGE) from None
    for sentence in unknown_variables(os.environ):
        say(f"Warning: {sentence}")
    return settings


def fail(what: str | Exception, code: int = FAILED) -> NoReturn:
    """Print a sentence, or the sentence for an error (`foretype.cli.sentences`), and exit."""
    say(what)
    raise typer.Exit(code)


def say(what: str | Exception) -> None:
    """Print to stderr: stdout is for results."""
    print_line(sentence(what) if isinstance(what, Exception) else what, sys.stderr)


def progress_console() -> Console:
    """A console on standard error for progress lines. If nobody can read them, the work continues."""
    from rich.console import Console

    return Console(file=cast(TextIO, Unbreakable(sys.stderr)), highlight=False)


def in_ms(value: float) -> str:
    """Milliseconds as text: whole ones from 10 on, two significant digits below."""
    return f"{value:.0f} ms" if value >= 10 else f"{value:.2g} ms"
