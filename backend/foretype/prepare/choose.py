"""Which model is served where nobody asks for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from foretype.models.errors import RecipeNotFoundError
from foretype.models.prepared import is_prepared, prepared_names
from foretype.models.recipe import DEFAULTS, HubSource, Recipe, load_recipe, recipe_names
from foretype.prepare.fetch import weights_at_hand
from foretype.prepare.hub import reachable


@dataclass(frozen=True, slots=True)
class Choice:
    """A model's name and recipe, and in one line why it is this one.

    `recipe` is None for a prepared model that no recipe here makes: one from a person's own folder, or copied
    from another machine.
    """

    name: str
    recipe: Recipe | None
    reason: str

    @classmethod
    def of(cls, recipe: Recipe, reason: str) -> Choice:
        return cls(recipe.name, recipe, reason)


def choose(
    models_dir: Path,
    asked: str | None = None,
    folders: Mapping[str, Path] | None = None,
    *,
    hub: Callable[[HubSource], bool] = reachable,
    recipes: Path | None = None,
) -> Choice:
    """The model to serve: `asked` for, else the first of `DEFAULTS` whose weights can be had.

    In this order, so that only a machine on which nothing is there yet asks the network, for 3 s at most:
    the first whose model or weights are on this machine; the second where it is prepared; then, if the hub
    answers, the first. `folders` are weights that the person named for a recipe. Raises
    RecipeNotFoundError, RecipeInvalidError.
    """
    if asked is not None:
        return Choice(
            asked, _recipe_if_any(models_dir, asked, recipes), f"serving {asked}, which was asked for"
        )
    first, second = (load_recipe(name, recipes) for name in DEFAULTS)
    if is_prepared(models_dir / first.name):
        return Choice.of(first, f"serving {first.name}, the first choice, which is prepared")
    if weights_at_hand(first, (folders or {}).get(first.name)):
        return Choice.of(first, f"serving {first.name}, the first choice, whose weights are on this machine")
    if is_prepared(models_dir / second.name):
        how = f"for {first.name}: foretype prepare {first.name}"
        return Choice.of(second, f"serving {second.name}, which is prepared ({how})")
    if not isinstance(first.source, HubSource) or hub(first.source):
        return Choice.of(first, f"serving {first.name}, the first choice, from the model hub")
    return Choice.of(second, f"the model hub can't be reached: serving the embedded {second.name}")


def _recipe_if_any(models_dir: Path, name: str, recipes: Path | None) -> Recipe | None:
    known = recipe_names(recipes)
    if name in known:
        return load_recipe(name, recipes)
    others = prepared_names(models_dir)
    if name in others:
        return None
    raise RecipeNotFoundError(name, sorted({*known, *others}))
