"""A group of commands that imports a command's module only when the command runs."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

MARKUP: Final = "markdown"


class LazyGroup(TyperGroup):
    """Its commands know only their name and summary, which are what the group's help shows. When one of them
    is to run, to print its own help or to be completed by a shell, the real command replaces it.
    """

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name is None or command is None else load(name), rest


def new_app(**options: Any) -> typer.Typer:
    """An app for a command or a group of commands. It has no shell completion, which only the whole command
    line has.
    """
    return typer.Typer(
        add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=MARKUP, **options
    )


def add_commands(app: typer.Typer, summaries: Mapping[str, str]) -> None:
    """Add commands to an app whose class is `LazyGroup`. `summaries`: the first paragraph of each command's
    help, by the command's name.
    """
    for name, summary in summaries.items():
        app.command(name, help=summary)(_not_loaded)


def _not_loaded() -> None:
    raise AssertionError("the group must load a command before it runs")


def load(name: str) -> Any:
    """The command of the module `foretype.cli.NAME`: its function NAME, or its Typer app NAME."""
    found = getattr(import_module(f"foretype.cli.{name}"), name)
    if isinstance(found, typer.Typer):
        return get_command(found)
    alone = new_app()
    alone.command(name)(found)
    return get_command(alone)
