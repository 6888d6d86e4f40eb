"""Recipes: what is valid, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from foretype.models.errors import RecipeInvalidError, RecipeNotFoundError
from foretype.models.field_kind import FieldKind
from foretype.models.recipe import (
    DEFAULTS,
    TEMPLATE,
    FolderSource,
    HubSource,
    Recipe,
    WheelSource,
    load_recipe,
    load_template,
    recipe_folder,
    recipe_names,
)
from foretype.support.execution_provider import Provider
from tests.prepare.tiny import WriteRecipe


def test_every_recipe_that_is_there_is_valid() -> None:
    assert set(DEFAULTS) <= set(recipe_names())
    for name in recipe_names():
        assert load_recipe(name).name == name


def test_the_template_is_a_valid_recipe_and_no_model() -> None:
    assert load_template().weights
    assert TEMPLATE not in recipe_names()
    with pytest.raises(RecipeNotFoundError):
        load_recipe(TEMPLATE)


def test_every_key_of_a_recipe_is_in_the_template_and_explained() -> None:
    page = (recipe_folder().parent / "docs" / "models.md").read_text("utf-8")
    template = (recipe_folder() / f"{TEMPLATE}.toml").read_text("utf-8")
    keys = {*Recipe.model_fields} - {"name", "source"}
    for kind in (WheelSource, HubSource, FolderSource):
        keys |= kind.model_fields.keys()
    for key in keys:
        assert f"| `{key}` |" in page, key
        assert key in template, key


def test_a_recipe_that_does_not_exist_is_refused_with_the_names_that_do() -> None:
    with pytest.raises(RecipeNotFoundError, match=f"“gpt9”.*{', '.join(recipe_names())}"):
        load_recipe("gpt9")


def test_a_name_cannot_lead_out_of_the_folder(recipes: Path, write_recipe: WriteRecipe) -> None:
    write_recipe(recipes, "gpt2")
    (recipes / "inner").mkdir()
    with pytest.raises(RecipeNotFoundError):
        load_recipe("../tiny", recipes / "inner")


SHORT_SUM = 'kind = "hub"\nrepository = "a/b"\nrevision = "c"\nfile = "d"\nbytes = 1\nsha256 = "abc"'


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("context_length = 192", "context_length = 0"), "context_length"),
        (('licence = "Apache-2.0"', ""), "licence: this field is missing"),
        (
            ('licence = "Apache-2.0"', 'licence = "Apache-2.0"\nlanguages = ["English"]'),
            "languages.0: this must be a code of ISO 639-1, such as en",
        ),
        (
            ('licence = "Apache-2.0"', 'licence = "Apache-2.0"\nlicense = "MIT"'),
            "license: this field is unknown",
        ),
        (
            ('kind = "folder"', 'kind = "carrier pigeon"'),
            "source.kind: this must be one of wheel, hub, folder",
        ),
        (('kind = "folder"', ""), "source.kind: this must be one of wheel, hub, folder"),
        (
            ('kind = "folder"', 'kind = "folder"\nrevision = "main"'),
            "source.revision: this field is unknown",
        ),
        (('kind = "folder"', SHORT_SUM), "source.sha256: this must be 64 hexadecimal digits"),
        (
            ('"int8-block32"', '"int3-block7"'),
            "weights.0: these weights are unknown; choose float32, float16, grid, grid8, or one like int8",
        ),
        (('begin = ["<|endoftext|>"]', "begin = []"), "begin: this must not be empty; name the token"),
        (('family = "gpt2"', 'family = ""'), "family: this must not be empty; fill it in"),
        (("[source]", '[prompts]\nmail = "x"\n[source]'), "prompts.mail: this kind of field is unknown; "),
        (('family = "gpt2"', 'family = "gpt2"\nname = "x"'), "name: remove this field; the file's name"),
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


def test_a_threshold_for_a_kind_of_field_changes_the_digest() -> None:
    """Otherwise a prepared model would keep the earlier one."""
    recipe = load_recipe("smollm2-135m")
    assert recipe.model_copy(update={"thresholds": {FieldKind.EMAIL: 0.3}}).digest != recipe.digest


def test_the_languages_of_a_recipe_need_no_new_preparation() -> None:
    recipe = load_recipe("smollm2-135m")
    assert recipe.languages == ("en",)
    assert recipe.model_copy(update={"languages": ("en", "de")}).digest == recipe.digest


def test_one_kind_of_weights_can_be_asked_for() -> None:
    recipe = load_recipe("smollm2-135m")
    assert recipe.only("float32").weights == ("float32",)
    assert recipe.only("float32").digest != recipe.digest
    with pytest.raises(RecipeInvalidError, match="int3"):
        recipe.only("int3")


def test_a_gpu_has_a_list_of_its_own_and_float16_where_it_has_none() -> None:
    recipe = load_recipe("smollm2-135m")
    assert recipe.on(Provider.CPU) == recipe
    assert recipe.on(Provider.CUDA).weights == ("float16",)
    none = recipe.model_copy(update={"weights_on": {}})
    assert none.on(Provider.TENSORRT).weights == ("float16",)
    some = recipe.model_copy(update={"weights_on": {"cuda": ("float16", "float32")}})
    assert some.on(Provider.CUDA).weights == ("float16", "float32")


def test_a_list_for_a_provider_that_there_is_not_is_a_sentence(tmp_path: Path) -> None:
    text = (recipe_folder() / "template.toml").read_text("utf-8").replace("cuda =", "metal =")
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    with pytest.raises(RecipeInvalidError, match=r"weights_on\.metal: this provider is unknown"):
        load_recipe("mine", tmp_path)
