"""The settings as options: every setting has one, and its help stands once."""

from __future__ import annotations

import re

import pytest
import typer
from typer.testing import CliRunner

from foretype.cli import app
from foretype.cli.common import settings_or_exit
from foretype.cli.options import OPTIONS, Given, takes
from foretype.support.settings import Group, Settings, load
from tests.cli.values import BESIDE, OTHER_VALUES

WIDE = {"COLUMNS": "250"}
COMMANDS = {
    "serve": set(OPTIONS),
    "service install": set(OPTIONS),
    "complete": {"model", "threshold", "languages", "models_dir", "provider"},
    "pair": {"state_dir"},
    "prepare": {"models_dir", "threads", "provider"},
    "models": {"models_dir"},
    "compare": {"models_dir", "threads"},
    "providers": {"model", "models_dir", "threads"},
    "words show": {"state_dir"},
}


def flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def words(name: str, value: object) -> list[str]:
    if isinstance(value, bool):
        return [flag(name) if value else flag(f"no_{name}")]
    return [flag(name), str(value)]


@pytest.fixture
def seen() -> list[Settings]:
    """The settings that the command of `asking` was run with."""
    return []


@pytest.fixture
def asking(seen: list[Settings]) -> typer.Typer:
    asking = typer.Typer()

    @asking.command()
    @takes(*OPTIONS)
    def ask(given: Given) -> None:
        seen.append(settings_or_exit(given))

    return asking


def test_every_setting_but_the_token_is_an_option() -> None:
    assert set(Settings.model_fields) - set(OPTIONS) == {"token"}


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_sets_its_setting(name: str, asking: typer.Typer, seen: list[Settings]) -> None:
    more = BESIDE.get(name, {})
    given = [word for pair in ((name, OTHER_VALUES[name]), *more.items()) for word in words(*pair)]
    assert CliRunner().invoke(asking, given).exit_code == 0
    (settings,) = seen
    assert settings.model_dump() == load({name: OTHER_VALUES[name], **more}).model_dump()


def test_no_option_changes_nothing(asking: typer.Typer, seen: list[Settings]) -> None:
    assert CliRunner().invoke(asking, []).exit_code == 0
    assert seen[0].model_dump() == load().model_dump()


def test_a_switch_can_be_taken_back(
    asking: typer.Typer, seen: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORETYPE_TLS_IN_FRONT", "true")
    assert CliRunner().invoke(asking, ["--no-tls-in-front"]).exit_code == 0
    assert not seen[0].tls_in_front


def test_a_mistake_names_the_option(asking: typer.Typer) -> None:
    ended = CliRunner().invoke(asking, ["--port", "ninety"])
    assert ended.exit_code == 2
    assert ended.stderr.startswith("--port: ")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_the_settings_that_a_command_takes_and_no_others(command: str) -> None:
    ended = CliRunner().invoke(app, [*command.split(), "--help"], env=WIDE)
    there = {name for name in Settings.model_fields if re.search(rf"│ {flag(name)}\b(?!-)", ended.output)}
    assert there == COMMANDS[command]
    for name in there:
        assert str(Settings.model_fields[name].description) in ended.output


def test_help_says_why_the_token_is_no_option_and_groups_the_others() -> None:
    ended = CliRunner().invoke(app, ["serve", "--help"], env=WIDE)
    assert "except the token: every user of a machine can read the command lines" in ended.output
    for group in Group:
        assert f"─ {group.value} ─" in ended.output


def test_a_token_on_the_command_line_is_refused() -> None:
    ended = CliRunner().invoke(app, ["serve", "--token", "x" * 32], env=WIDE)
    assert ended.exit_code == 2
    assert "x" * 32 not in ended.output
