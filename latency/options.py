"""The options that several commands have. An option means the same in each of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_CHECK = "Compare the figures with this table of latency/budget.toml. Exit code 1 if a limit is missed."
_CHARS = "How many characters of each text are used."
_JSON = "The file that the figures are written to."
_MAILS = "How many texts of the folder are used, in the order of their names."
_MODEL = "The name of a recipe, or of a model that `python -m latency.shapes` made."
_TEXTS = "A folder with the texts, as .txt files."

Model = Annotated[str, typer.Option("--model", help=_MODEL)]
ServedModel = Annotated[
    str | None,
    typer.Option("--model", help=f"{_MODEL} Only with --serve. Default: the choice of `foretype serve`."),
]
Texts = Annotated[Path, typer.Option("--texts", help=_TEXTS)]
TextsOfModel = Annotated[
    Path | None,
    typer.Option("--texts", help=f"{_TEXTS} Default: real mail, or the texts made with the model."),
]
TextsOrGate = Annotated[
    Path | None,
    typer.Option("--texts", help=f"{_TEXTS} Default: real mail; without any, the text of quality checks."),
]
Mails = Annotated[int, typer.Option("--mails", help=_MAILS)]
Chars = Annotated[int, typer.Option("--chars", help=_CHARS)]
Wpm = Annotated[
    float, typer.Option("--wpm", help="Typing speed in words a minute; 40 is one character every 300 ms.")
]
Seed = Annotated[
    int, typer.Option("--seed", help="Seed of everything random: the same seed types the same keys.")
]
Rest = Annotated[
    float, typer.Option("--rest", help="Seconds without a connection before the server's resources are read.")
]
FiguresFile = Annotated[Path, typer.Option("--json", help=_JSON)]
FiguresFileOfModel = Annotated[
    Path | None, typer.Option("--json", help=f"{_JSON} Default: latency/out/capacity-MODEL.json.")
]
PictureFile = Annotated[
    Path | None, typer.Option("--picture", help="An SVG file that a picture of the figures is written to.")
]
Check = Annotated[str | None, typer.Option("--check", help=_CHECK)]
Checks = Annotated[list[str] | None, typer.Option("--check", help=f"{_CHECK} Repeatable.")]


def mails(default: str) -> typer.models.OptionInfo:
    """`Mails` with a default that depends on another option."""
    return _option("--mails", _MAILS, default)


def chars(default: str) -> typer.models.OptionInfo:
    """`Chars` with a default that depends on another option."""
    return _option("--chars", _CHARS, default)


def _option(name: str, words: str, default: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(name, help=words, show_default=default)
    return option
