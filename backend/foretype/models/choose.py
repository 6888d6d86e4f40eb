"""Which model is served where nobody asks for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from foretype.models.fetch import weights_at_hand
from foretype.models.hub import reachable
from foretype.models.prepared import is_prepared
from foretype.models.recipe import DEFAULTS, HubSource, Recipe, load_recipe


@dataclass(frozen=True, slots=True)
class Choice:
    """A recipe, and in one line why it is this one."""

    recipe: Recipe
    reason: str


def choose(
    models_dir: Path,
    asked: str | None = None,
    folders: Mapping[str, Path] | None = None,
    *,
    hub: Callable[[HubSource], bool] = reachable,
    recipes: Path | None = None,
) -> Choice:
    """The recipe to serve: `asked` for, else the first of `DEFAULTS` whose weights can be had.

    In this order, so that only a machine on which nothing is there yet asks the network, for 3 s at most:
    the first whose model or weights are on this machine; the second where it is prepared; then, if the hub
    answers, the first. `folders` are weights that the person named for a recipe. Raises
    RecipeNotFoundError, RecipeInvalidError.
    """
    if asked is not None:
        return Choice(load_recipe(asked, recipes), f"serving {asked}, which was asked for")
    first, second = (load_recipe(name, recipes) for name in DEFAULTS)
    if is_prepared(models_dir / first.name):
        return Choice(first, f"serving {first.name}, the first choice, which is prepared")
    if weights_at_hand(first, (folders or {}).get(first.name)):
        return Choice(first, f"serving {first.name}, the first choice, whose weights are on this machine")
    if is_prepared(models_dir / second.name):
        how = f"for {first.name}: foretype prepare {first.name}"
        return Choice(second, f"serving {second.name}, which is prepared ({how})")
    if not isinstance(first.source, HubSource) or hub(first.source):
        return Choice(first, f"serving {first.name}, the first choice, from the model hub")
    return Choice(second, f"the model hub can't be reached: serving the embedded {second.name}")
