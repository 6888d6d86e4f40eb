"""A licence that the user has to accept before a model is fetched, and the note that the user did.

The note is a file in the models folder. It holds no name and no date: only what was accepted.
"""

from __future__ import annotations

import json
from pathlib import Path

from foretype.models.errors import LicenceNotAcceptedError
from foretype.models.recipe import Recipe


def accept(recipe: Recipe, models_dir: Path) -> None:
    """Note that the recipe's licence was accepted. Raises OSError."""
    models_dir.mkdir(parents=True, exist_ok=True)
    _note(recipe, models_dir).write_text(json.dumps(_accepted(recipe)) + "\n", "utf-8")


def is_accepted(recipe: Recipe, models_dir: Path) -> bool:
    """Whether the recipe has no licence to accept, or this licence with these terms was accepted. If either
    changes in the recipe, it must be accepted again.
    """
    if recipe.terms is None:
        return True
    try:
        return bool(json.loads(_note(recipe, models_dir).read_text("utf-8")) == _accepted(recipe))
    except (OSError, ValueError):
        return False


def require_accepted(recipe: Recipe, models_dir: Path) -> None:
    """Raises LicenceNotAcceptedError."""
    if recipe.terms is not None and not is_accepted(recipe, models_dir):
        raise LicenceNotAcceptedError(recipe.name, recipe.licence, recipe.terms, models_dir)


def _accepted(recipe: Recipe) -> dict[str, str | None]:
    return {"licence": recipe.licence, "terms": recipe.terms}


def _note(recipe: Recipe, models_dir: Path) -> Path:
    return models_dir / f".{recipe.name}.accepted"
