"""The languages that a prepared model writes."""

from __future__ import annotations

from foretype.models.errors import RecipeInvalidError, RecipeNotFoundError
from foretype.models.manifest import Manifest
from foretype.models.recipe import load_recipe


def languages_of(manifest: Manifest) -> tuple[str, ...]:
    """Codes of ISO 639-1, from the recipe, so that a recipe may change them without a new preparation. If
    there is no such recipe here, from the manifest. Empty if neither names any.
    """
    try:
        return load_recipe(manifest.recipe).languages
    except (RecipeNotFoundError, RecipeInvalidError):
        return manifest.languages
