"""Finds the prepared models for the names on the command line: names of recipes, or folders."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from foretype.compare.errors import FolderNotPreparedError, NotPreparedError, RecipeNotPreparedError
from foretype.models.manifest import GRAPH, MANIFEST, Manifest
from foretype.models.prepared import Prepared, is_prepared, load_prepared
from foretype.models.recipe import recipe_names

RANDOM_WEIGHTS = "-random-weights"
"""The end of the name of a model whose weights are random: it has a speed and no quality.

`python -m latency.shapes` makes such models. Nothing else in a manifest says so.
"""


@dataclass(frozen=True, slots=True)
class Named:
    """A prepared model, checked file by file. `label` differs from all other labels of the comparison."""

    label: str
    prepared: Prepared

    @property
    def manifest(self) -> Manifest:
        return self.prepared.manifest

    @property
    def random_weights(self) -> bool:
        return self.manifest.recipe.endswith(RANDOM_WEIGHTS)


def find_models(names: Sequence[str], models_dir: Path) -> list[Named]:
    """The models, in the order in which they were named. Raises NotPreparedError, PreparedInvalidError."""
    found = [_find(name, models_dir) for name in names]
    labels = _labels(names, found)
    return [Named(label, prepared) for label, prepared in zip(labels, found, strict=True)]


def _find(name: str, models_dir: Path) -> Prepared:
    kept = models_dir / name
    if _is_plain(name) and is_prepared(kept):
        return load_prepared(kept)
    if Path(name).expanduser().is_file():
        raise NotPreparedError(f"{name} is a file: name the folder of a prepared model.")
    folder = Path(name).expanduser()
    if folder.is_dir():
        if (folder / MANIFEST).exists() or (folder / GRAPH).exists():
            return load_prepared(folder.resolve())
        if (folder / "config.json").is_file():
            raise FolderNotPreparedError(folder)
        raise NotPreparedError(_no_model_in(folder))
    if name in recipe_names():
        raise RecipeNotPreparedError(name, models_dir)
    raise NotPreparedError(
        f"There is no model “{name}”: neither a folder nor a recipe has this name. Prepared in {models_dir}: "
        f"{', '.join(_prepared_in(models_dir)) or 'none'}. Recipes: {', '.join(recipe_names())}."
    )


def _is_plain(name: str) -> bool:
    """Whether it names something in the models folder, and nothing outside it."""
    return name not in ("", ".", "..") and not any(mark in name for mark in (os.sep, os.altsep or os.sep))


def _no_model_in(folder: Path) -> str:
    inside = _prepared_in(folder)
    if inside:
        return f"{folder} contains models, but is not a model itself. Name one of them: {', '.join(inside)}."
    return f"{folder} holds no prepared model. Make one with: foretype prepare"


def _prepared_in(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(one.name for one in folder.iterdir() if one.is_dir() and is_prepared(one))


def _labels(names: Sequence[str], models: Sequence[Prepared]) -> list[str]:
    """A different label for each model: its folder's name, by which it is served. If two names are the same,
    the weights are added. If these are the same too, the label is the path that the user wrote, with a number
    if two paths are the same.
    """
    labels = [model.folder.name for model in models]
    for others in (
        [f"{model.folder.name} {model.manifest.weights}" for model in models],
        [_short_path(name) for name in names],
        [f"{_short_path(name)} ({number})" for number, name in enumerate(names, start=1)],
    ):
        count = Counter(labels)
        labels = [other if count[label] > 1 else label for label, other in zip(labels, others, strict=True)]
    return labels


def _short_path(name: str) -> str:
    """A folder's name, with the name of the folder that contains it."""
    return "/".join(Path(name).parts[-2:])
