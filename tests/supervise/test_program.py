"""The command of the service gives the server the settings that the installation had."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from foretype.cli.common import settings_or_exit
from foretype.cli.options import OPTIONS, Given, takes
from foretype.supervise.program import address_of, serve_program
from foretype.support.settings import DEFAULT_PORT, Settings, load
from tests.cli.values import BESIDE, OTHER_VALUES


def served(words: list[str]) -> Settings:
    """The settings of a server that is started with these words."""
    seen: list[Settings] = []
    app = typer.Typer()

    @app.command()
    @takes(*OPTIONS)
    def serve(given: Given) -> None:
        seen.append(settings_or_exit(given))

    ended = CliRunner().invoke(app, words)
    assert ended.exit_code == 0, ended.output
    return seen[0]


@pytest.mark.parametrize("name", OPTIONS)
def test_the_server_gets_the_setting_of_the_installation(name: str) -> None:
    values = {name: OTHER_VALUES[name], **BESIDE.get(name, {})}
    settings = load(values)
    program = serve_program(settings, values, None)
    assert program[1:5] == ["-P", "-m", "foretype", "serve"]
    expected = {
        key: value.absolute() if isinstance(value, Path) else value
        for key, value in settings.model_dump().items()
    }
    assert served(program[5:]).model_dump() == expected


def test_a_switch_that_was_taken_back_and_the_settings_file_are_passed_on(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("tls_in_front = true\nbudget_ms = 99")
    settings = load({"tls_in_front": False}, file)
    again = served(serve_program(settings, ["tls_in_front"], file)[5:])
    assert (again.tls_in_front, again.budget_ms) == (False, 99)


@pytest.mark.parametrize(
    ("values", "address"),
    [
        ({}, f"http://127.0.0.1:{DEFAULT_PORT}"),
        ({"host": "0.0.0.0", "port": 9}, "http://127.0.0.1:9"),
        ({"host": "::"}, f"http://[::1]:{DEFAULT_PORT}"),
        ({"tls_certificate": "c", "tls_key": "k"}, f"https://127.0.0.1:{DEFAULT_PORT}"),
    ],
)
def test_the_address_can_be_read_from_the_command(values: dict[str, object], address: str) -> None:
    assert address_of(serve_program(load(values), values, None)) == address
