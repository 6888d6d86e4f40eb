"""The common parts of all commands `python -m latency.…`: the application, errors and exit codes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.markup import escape

from foretype.cli.sentences import sentence
from foretype.models.errors import ModelError
from foretype.support.settings import BadSettingsError
from latency.errors import MeasurementError

LIMIT_MISSED = 1
"""The exit code if a figure misses its limit."""
NOT_MEASURED = 2
"""The exit code if an option is wrong, or something that the measurement needs is missing."""


def new_app() -> typer.Typer:
    return typer.Typer(add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False)


def print_error(console: Console, command: str, error: Exception) -> None:
    console.print(f"[bold red]{command}:[/] {escape(sentence(error))}", soft_wrap=True)


@contextmanager
def errors_as_sentences(console: Console, command: str) -> Iterator[None]:
    """If something that the measurement needs is missing, prints why and exits with `NOT_MEASURED`."""
    try:
        yield
    except (MeasurementError, ModelError, BadSettingsError) as error:
        print_error(console, command, error)
        raise typer.Exit(NOT_MEASURED) from None
