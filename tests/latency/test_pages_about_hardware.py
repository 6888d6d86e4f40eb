"""Each command that docs/gpu.md and docs/providers.md name exists, with each of its options and settings."""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from foretype.cli import SUMMARIES
from foretype.cli.lazy import load
from foretype.support.execution_provider import Provider
from foretype.support.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = {name: (ROOT / "docs" / name).read_text("utf-8") for name in ("gpu.md", "providers.md")}
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
SETTING = re.compile(r"FORETYPE_([A-Z_]+)=(\S+)")
WAITS = "## What waits for a GPU"


def commands_of(page: str) -> list[list[str]]:
    """The words of each command for Foretype or a measurement, in blocks and in the text."""
    lines = [line for block in BLOCK.findall(page) for line in block.splitlines()]
    lines += INLINE.findall(BLOCK.sub("", page))
    every = [
        shlex.split(line, comments=True)
        for line in lines
        if "python -m latency." in line or "foretype " in line
    ]
    return [words for words in every if program_of(words) in ("python", "foretype")]


def program_of(words: list[str]) -> str:
    return next(word for word in words if not SETTING.fullmatch(word))


COMMANDS = [words for page in PAGES.values() for words in commands_of(page)]


def parse(words: list[str]) -> None:
    """Raises if there is no such setting, command or option."""
    while found := SETTING.fullmatch(words[0]):
        assert found[1].lower() in Settings.model_fields, f"no setting {found[1]}"
        Settings(**{found[1].lower(): found[2]})
        words = words[1:]
    if words[0] == "foretype":
        assert words[1] in SUMMARIES, f"no command {words[1]}"
        command, name, rest = load(words[1]), words[1], words[2:]
    else:
        assert words[:2] == ["python", "-m"]
        command, name, rest = get_command(app_of(words[2])), words[2], words[3:]
    command.make_context(name, rest)


def app_of(module: str) -> typer.Typer:
    spec = find_spec(module)
    assert spec is not None, f"no module {module}"
    app: typer.Typer = import_module(f"{module}.cli" if spec.submodule_search_locations else module).app
    return app


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_of_the_pages_about_hardware_can_be_parsed(words: list[str]) -> None:
    parse(words)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("python -m latency.gpu --prize 1", "No such option"),
        ("python -m latency.gpus", "no module"),
        ("foretype provide", "no command provide"),
        ("FORETYPE_PROVIDER=cudda foretype serve", "provider"),
        ("FORETYPE_PROVIDERS=cuda foretype serve", "no setting PROVIDERS"),
    ],
)
def test_a_command_that_does_not_exist_is_noticed(line: str, said: str) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011  # typer's classes are its own
        parse(shlex.split(line))
    assert said in str(raised.value)


def test_each_row_of_what_waits_has_a_command() -> None:
    _, _, waits = PAGES["gpu.md"].partition(WAITS)
    rows = [line for line in waits.partition("\n## ")[0].splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 5
    for row in rows:
        assert commands_of(row), row


def test_nothing_waits_under_a_name_that_no_provider_has() -> None:
    named = re.findall(r"FORETYPE_PROVIDER=(\S+?)[ `]|--provider (\S+?)[ `]", " ".join(PAGES.values()))
    known = {provider.value for provider in Provider} | {"wasm", "NAME"}
    assert {one or other for one, other in named} <= known
