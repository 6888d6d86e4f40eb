"""The command that a service runs: `foretype serve` with the options that it had when it was installed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from enum import Enum
from pathlib import Path

from foretype.support.settings import Settings

FIXED = ("host", "port", "state_dir", "models_dir")
"""Settings that the command always contains. A browser stays paired if a default changes, and the folders do
not depend on variables that the terminal has and the supervisor does not have.
"""
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def serve_program(settings: Settings, names: Iterable[str], config: Path | None) -> list[str]:
    """`names`: the settings that were given on the command line or in the environment. `config`: the settings
    file, which the server reads again at each start.
    """
    words = [sys.executable, "-P", "-m", "foretype", "serve"]
    for name in dict.fromkeys((*FIXED, *names)):
        words += _option(name, getattr(settings, name))
    return [*words, "--config", str(config.absolute())] if config is not None else words


def _option(name: str, value: object) -> list[str]:
    flag = name.replace("_", "-")
    match value:
        case bool():
            return [f"--{flag}" if value else f"--no-{flag}"]
        case Path():
            return [f"--{flag}", str(value.expanduser().absolute())]
        case tuple():
            return [f"--{flag}", ",".join(value)]
        case Enum():
            return [f"--{flag}", str(value.value)]
        case _:
            return [f"--{flag}", str(value)]


def address_of(program: Sequence[str]) -> str:
    """The URL of the server that `serve_program` starts, for a program on this machine."""
    host, port = (program[program.index(flag) + 1] for flag in ("--host", "--port"))
    host = EVERY_ADDRESS.get(host, host)
    scheme = "https" if "--tls-certificate" in program else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
