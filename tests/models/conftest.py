"""Recipes of tiny models, written for one test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.prepare.tiny import CONTEXT, WriteRecipe

RECIPE = """
description = "A tiny model"
licence = "Apache-2.0"
family = "{family}"
parameters = 100_000
context_length = {context}
begin = ["<|endoftext|>"]
weights = ["int8-block32", "float32"]

[source]
kind = "folder"
path = "{folder}"
"""


@pytest.fixture
def recipes(tmp_path: Path) -> Path:
    folder = tmp_path / "recipes"
    folder.mkdir()
    return folder


@pytest.fixture
def write_recipe(recipes: Path) -> WriteRecipe:
    """Write a recipe for a tiny model's folder; its name."""

    def write(folder: Path, family: str, name: str = "tiny") -> str:
        content = RECIPE.format(family=family, folder=folder, context=CONTEXT)
        (recipes / f"{name}.toml").write_text(content)
        return name

    return write
