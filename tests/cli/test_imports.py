"""A command imports only what it needs: the time of a start is mostly that of imports."""

from __future__ import annotations

import subprocess
import sys

import pytest

from foretype.cli import SUMMARIES
from foretype.cli.lazy import load

MODEL = {"numpy", "onnxruntime", "tokenizers"}
WEB = {"aiohttp", "prometheus_client"}
ONLY_TO_PREPARE = {"onnx", "torch", "transformers", "huggingface_hub"}
ONLY_TO_TRACE = {"opentelemetry", "requests", "google"}
ONLY_TO_DRAW = {"rich", "pygments", "markdown_it"}

AFTER_COMMAND = """
import sys
from contextlib import suppress
from foretype.__main__ import main
with suppress(SystemExit):
    main()
print(*sys.modules, file=sys.stderr)
"""
SERVING = """
import sys
import foretype.cli, foretype.cli.serve, foretype.cli.serving, foretype.engine.start, foretype.prepare.ensure
print(*sys.modules, file=sys.stderr)
"""


def packages_after(program: str, *arguments: str) -> set[str]:
    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=60, check=True
    )
    return {name.partition(".")[0] for name in ran.stderr.splitlines()[-1].split()}


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_imports_neither_the_settings_nor_the_model_nor_the_server(option: str) -> None:
    found = packages_after(AFTER_COMMAND, option)
    assert "typer" in found
    assert not found & (MODEL | WEB | ONLY_TO_PREPARE | {"pydantic", "psutil", "uvloop"})


@pytest.mark.parametrize("command", [["pair", "--list"], ["settings"]])
def test_a_command_without_a_model_imports_neither_the_model_nor_http(command: list[str]) -> None:
    assert not packages_after(AFTER_COMMAND, *command) & (MODEL | WEB | ONLY_TO_PREPARE | ONLY_TO_DRAW)


def test_the_server_imports_nothing_that_only_preparing_a_terminal_or_traces_need() -> None:
    found = packages_after(SERVING)
    assert found >= MODEL | WEB
    assert not found & (ONLY_TO_PREPARE | ONLY_TO_DRAW | ONLY_TO_TRACE | {"psutil"})


@pytest.mark.parametrize("name", SUMMARIES)
def test_the_help_of_all_commands_says_what_each_command_says(name: str) -> None:
    command = load(name)
    first_paragraph = command.help.partition("\n\n")[0].replace("\n", " ")
    assert SUMMARIES[name] == (command.short_help or first_paragraph)
