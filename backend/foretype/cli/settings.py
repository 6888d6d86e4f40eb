"""`foretype settings`: print all settings as a table."""

from __future__ import annotations

import typer

from foretype.support.settings import table


def settings() -> None:
    """Print every setting with its default and its meaning, as a Markdown table."""
    typer.echo(table())
