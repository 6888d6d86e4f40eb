"""`foretype settings`: every setting, as a table."""

from __future__ import annotations

import typer

from foretype.support.settings import table


def settings() -> None:
    """List every setting with its default and meaning (a Markdown table, as in the README)."""
    typer.echo(table())
