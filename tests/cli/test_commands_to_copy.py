"""Commands in sentences are to be copied as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from foretype.cli.commands import command
from foretype.cli.sentences import sentence
from foretype.models.errors import RecipeNotFoundError


def test_a_path_is_quoted_and_the_models_folder_named_where_it_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORETYPE_MODELS_DIR", str(tmp_path / "usual"))
    assert command("prepare", Path("/a b"), models_dir=tmp_path / "usual") == "foretype prepare '/a b'"
    other = tmp_path / "an other"
    assert command("serve", models_dir=other) == f"foretype serve --models-dir '{other}'"


def test_settings_that_are_wrong_do_not_hide_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORETYPE_PORT", "none")
    assert command("models", models_dir=tmp_path) == f"foretype models --models-dir {tmp_path}"


def test_a_folder_that_was_taken_for_a_name_stands_in_the_command() -> None:
    assert sentence(RecipeNotFoundError("/a b/c", [])).endswith("foretype prepare '/a b/c'")
