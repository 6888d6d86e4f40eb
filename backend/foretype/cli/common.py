"""What commands share: reading the settings, and saying in a sentence what is wrong with them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from foretype.settings import BadSettingsError, Settings, load, unknown_variables

USAGE = 2
"""The exit code where the settings or the arguments are wrong."""
FAILED = 1


def option(name: str, *flags: str) -> Any:
    """A command-line option for a setting, with the setting's own description as its help."""
    flag = "--" + name.replace("_", "-")
    return typer.Option(flag, *flags, help=Settings.model_fields[name].description, show_default=False)


Config = Annotated[
    Path | None,
    typer.Option("--config", help="A settings file (TOML); also FORETYPE_CONFIG.", show_default=False),
]


def settings_or_exit(config: Path | None, **given: Any) -> Settings:
    """The settings of this run; where they are wrong, a sentence for each mistake and exit code 2."""
    try:
        settings = load(given, config)
    except BadSettingsError as bad:
        for sentence in bad.sentences:
            say(sentence)
        raise typer.Exit(USAGE) from None
    for sentence in unknown_variables(os.environ):
        say(f"Warning: {sentence}")
    return settings


def fail(sentence: str, code: int = FAILED) -> NoReturn:
    say(sentence)
    raise typer.Exit(code)


def say(sentence: str) -> None:
    """To stderr: stdout is for results."""
    typer.echo(sentence, err=True)
