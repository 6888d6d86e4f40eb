"""`foretype models`: what is to be typed stands there whole, however narrow the terminal is."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from foretype.cli import app
from foretype.cli.tables import new_table, print_whole
from foretype.models.manifest import MANIFEST
from foretype.models.recipe import recipe_names

LONG = "a-model-of-my-own-with-a-long-name"


@pytest.mark.parametrize("columns", [20, 80, 200])
def test_the_name_of_a_model_is_never_cut(tmp_path: Path, columns: int) -> None:
    folder = tmp_path / LONG
    folder.mkdir()
    (folder / MANIFEST).write_text("{}")
    done = CliRunner().invoke(app, ["models", "--models-dir", str(tmp_path)], env={"COLUMNS": str(columns)})
    assert done.exit_code == 1  # it is damaged
    lines = done.stdout.splitlines()
    for name in (*recipe_names(), LONG):
        assert any(line.split()[:1] == [name] for line in lines), (name, done.stdout)


def test_at_80_columns_a_model_takes_one_line(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["models", "--models-dir", str(tmp_path)], env={"COLUMNS": "80"})
    table = done.stdout.split("\n\n", maxsplit=1)[0].splitlines()
    assert len(table) == 1 + len(recipe_names())
    assert all(len(line) <= 80 for line in table)


def test_a_table_is_wider_than_a_terminal_that_is_too_narrow_for_a_name() -> None:
    written = io.StringIO()
    table = new_table("Model", "Weights")
    table.add_row(LONG, "grid8, fused")
    print_whole(Console(file=written, width=10), table)
    assert LONG in written.getvalue()
