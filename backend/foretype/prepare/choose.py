"""The choice of the model that is served if the settings name none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from foretype.models.errors import RecipeNotFoundError
from foretype.models.prepared import is_prepared, prepared_names
from foretype.models.recipe import DEFAULTS, HubSource, Recipe, load_recipe, recipe_names
from foretype.prepare.fetch import weights_at_hand
from foretype.prepare.hub import reachable
from foretype.prepare.packages import has_export


@dataclass(frozen=True, slots=True)
class Choice:
    """A model's name and recipe, and one line that says why it was chosen.

    `recipe` is None if no recipe makes the prepared model: it was made from a folder, or copied from another
    machine.
    """

    name: str
    recipe: Recipe | None
    reason: str

    @classmethod
    def of(cls, recipe: Recipe, reason: str) -> Choice:
        return cls(recipe.name, recipe, reason)


def choose_model(
    models_dir: Path,
    asked: str | None = None,
    *,
    hub: Callable[[HubSource], bool] = reachable,
    exportable: Callable[[], bool] = has_export,
    recipes: Path | None = None,
) -> Choice:
    """The model to serve: the one that is `asked` for, else the first of `DEFAULTS` whose weights are
    available.

    The model hub is asked only if no default is prepared and no weights are on this machine, for at most 3 s
    for each recipe. The last of `DEFAULTS` needs no hub. The others are considered only if they are prepared
    or if what exports them is installed (`exportable`). Raises RecipeNotFoundError, RecipeInvalidError.
    """
    if asked is not None:
        return Choice(asked, _recipe_if_any(models_dir, asked, recipes), f"serving {asked}, as requested")
    candidates = [load_recipe(name, recipes) for name in DEFAULTS]
    embedded = candidates[-1]
    can_export = exportable()
    for recipe in candidates:
        if is_prepared(models_dir / recipe.name):
            return Choice.of(recipe, f"serving {_named(recipe)}, which is prepared{_first_instead(recipe)}")
        if recipe is not embedded and can_export and weights_at_hand(recipe):
            where = f"whose weights are on this machine{_first_instead(recipe)}"
            return Choice.of(recipe, f"serving {_named(recipe)}, {where}")
    if not can_export:
        return Choice.of(
            embedded, f"serving {embedded.name}, which needs no PyTorch{_first_instead(embedded)}"
        )
    for recipe in candidates[:-1]:
        if not isinstance(recipe.source, HubSource) or hub(recipe.source):
            return Choice.of(recipe, f"serving {_named(recipe)}, from the model hub")
    return Choice.of(
        embedded,
        f"the model hub is unreachable: serving {embedded.name} from the package index",
    )


def _named(recipe: Recipe) -> str:
    return f"{recipe.name}, the default model" if recipe.name == DEFAULTS[0] else recipe.name


def _first_instead(recipe: Recipe) -> str:
    """The command that prepares the default model instead. Empty if this is the default model."""
    first = DEFAULTS[0]
    return "" if recipe.name == first else f" (to serve {first} instead: foretype prepare {first})"


def _recipe_if_any(models_dir: Path, name: str, recipes: Path | None) -> Recipe | None:
    known = recipe_names(recipes)
    if name in known:
        return load_recipe(name, recipes)
    others = prepared_names(models_dir)
    if name in others:
        return None
    raise RecipeNotFoundError(name, sorted({*known, *others}))
