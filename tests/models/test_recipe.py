"""Recipes: what is valid, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from foretype.models.errors import RecipeInvalidError, RecipeNotFoundError
from foretype.models.recipe import DEFAULTS, load_recipe, recipe_names
from tests.models.tiny import WriteRecipe


def test_every_recipe_that_is_there_is_valid() -> None:
    assert set(DEFAULTS) <= set(recipe_names())
    for name in recipe_names():
        assert load_recipe(name).name == name


def test_a_recipe_that_does_not_exist_is_refused_with_the_names_that_do() -> None:
    with pytest.raises(RecipeNotFoundError, match=r"“gpt9”.*distilgpt2, gpt2, smollm2-135m"):
        load_recipe("gpt9")


def test_a_name_cannot_lead_out_of_the_folder(recipes: Path, write_recipe: WriteRecipe) -> None:
    write_recipe(recipes, "gpt2")
    (recipes / "inner").mkdir()
    with pytest.raises(RecipeNotFoundError):
        load_recipe("../tiny", recipes / "inner")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("context_length = 192", "context_length = 0"), "context_length"),
        (('licence = "Apache-2.0"', ""), "licence: this field is missing"),
        (('licence = "Apache-2.0"', 'licence = "Apache-2.0"\nlicense = "MIT"'), "license: there is no such"),
        (('kind = "folder"', 'kind = "carrier pigeon"'), "source"),
        (('"int8-block32"', '"int3-block7"'), "weights"),
        (('licence = "Apache-2.0"', "licence = "), "not TOML"),
    ],
)
def test_an_invalid_recipe_is_refused_with_its_file_and_field(
    recipes: Path, write_recipe: WriteRecipe, change: tuple[str, str], complaint: str
) -> None:
    name = write_recipe(recipes, "gpt2")
    file = recipes / f"{name}.toml"
    file.write_text(file.read_text().replace(*change))
    with pytest.raises(RecipeInvalidError) as refused:
        load_recipe(name, recipes)
    assert str(file) in str(refused.value)
    assert complaint in str(refused.value)


def test_the_digest_changes_with_the_recipe(recipes: Path, write_recipe: WriteRecipe) -> None:
    name = write_recipe(recipes, "gpt2")
    before = load_recipe(name, recipes).digest
    assert load_recipe(name, recipes).digest == before
    file = recipes / f"{name}.toml"
    file.write_text(file.read_text().replace("context_length = 192", "context_length = 128"))
    assert load_recipe(name, recipes).digest != before


def test_one_kind_of_weights_can_be_asked_for() -> None:
    recipe = load_recipe("smollm2-135m")
    assert recipe.only("float32").weights == ("float32",)
    assert recipe.only("float32").digest != recipe.digest
    with pytest.raises(RecipeInvalidError, match="int3"):
        recipe.only("int3")
