"""The settings as options of commands. Name, help and type come from `Settings`, which is their only list.

The token is not an option: every user of a machine can read the command lines of all processes on it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Concatenate, ParamSpec, get_args

import typer
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from foretype.support.settings import Group, Settings

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Given:
    """The settings that were given on the command line. A value is None if its option was not given."""

    config: str | None
    values: Mapping[str, object]


def kind_of(field: FieldInfo) -> type | None:
    """The type of a setting's values; None for a list."""
    kinds = [kind for kind in get_args(field.annotation) or (field.annotation,) if kind is not NoneType]
    return kinds[0] if len(kinds) == 1 and isinstance(kinds[0], type) else None


OPTIONS = tuple(name for name, field in Settings.model_fields.items() if kind_of(field) is not SecretStr)
"""The settings that have an option: all except the token."""


def takes(*names: str) -> Callable[[Callable[Concatenate[Given, P], None]], Callable[..., None]]:
    """Add the options of these settings, and `--config`, to a command. Its first argument is the `Given`.

    An option accepts any text. The validators of `Settings` check it, as they check an environment variable.
    """

    def decorate(command: Callable[Concatenate[Given, P], None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(*args: P.args, **arguments: P.kwargs) -> None:
            config: Any = arguments.pop("config")
            values = {name: arguments.pop(name) for name in names}
            command(Given(config, values), *args, **arguments)

        _, *own = inspect.signature(command, eval_str=True).parameters.values()
        parameters = [*own, *map(_parameter, names), _CONFIG]
        del run.__wrapped__  # otherwise typer reads the annotations of the wrapped function
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return run

    return decorate


def _keyword(name: str, annotation: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _parameter(name: str) -> inspect.Parameter:
    field = Settings.model_fields[name]
    kind = kind_of(field)
    flag = "--" + name.replace("_", "-")
    if kind is bool:
        flag += "/--no-" + name.replace("_", "-")
    option = typer.Option(
        flag,
        help=field.description,
        metavar=None if kind is bool else _metavar(kind),
        show_default=False,
        rich_help_panel=next(group.value for group in field.metadata if isinstance(group, Group)),
    )
    return _keyword(name, Annotated[bool | None if kind is bool else str | None, option])


def _metavar(kind: type | None) -> str:
    if kind is None:
        return "<name,…>"
    if issubclass(kind, StrEnum):
        return f"<{'|'.join(kind)}>"
    return {int: "<integer>", float: "<number>", Path: "<path>"}.get(kind, "<text>")


_CONFIG = _keyword(
    "config",
    Annotated[
        str | None,
        typer.Option(
            "--config",
            metavar="<path>",
            help="The settings file (TOML); also set by FORETYPE_CONFIG.",
            show_default=False,
        ),
    ],
)
