"""The choice of the model that is served if the settings name none."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from foretype.models.errors import RecipeNotFoundError
from foretype.models.manifest import FORMAT, MANIFEST
from foretype.models.prepared import is_prepared
from foretype.models.recipe import HubSource, Recipe, load_recipe
from foretype.prepare import hub
from foretype.prepare.choose import choose_model


def answers(_: HubSource) -> bool:
    return True


def silent(_: HubSource) -> bool:
    return False


def never(_: HubSource) -> bool:
    raise AssertionError("the network was asked")


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The hub's cache of the machine that runs the tests must not matter."""
    from huggingface_hub import constants

    cache = tmp_path / "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    return cache


def make_prepared(models_dir: Path, name: str) -> None:
    (models_dir / name).mkdir(parents=True)
    (models_dir / name / MANIFEST).write_text(json.dumps({"format": FORMAT}))


def test_the_first_choice_comes_from_the_hub_where_it_answers(tmp_path: Path) -> None:
    choice = choose_model(tmp_path, hub=answers)
    assert choice.recipe.name == "distilgpt2"
    assert "hub" in choice.reason


def test_without_a_hub_the_embedded_model_is_served_and_the_reason_said(tmp_path: Path) -> None:
    choice = choose_model(tmp_path, hub=silent)
    assert choice.recipe.name == "smollm2-135m"
    assert choice.reason == "the model hub is unreachable: serving smollm2-135m from the package index"


@pytest.mark.parametrize("name", ["distilgpt2", "smollm2-135m"])
def test_a_prepared_model_is_served_without_asking_the_network(tmp_path: Path, name: str) -> None:
    make_prepared(tmp_path, name)
    assert choose_model(tmp_path, hub=never).recipe.name == name


def test_the_reason_says_which_of_them_it_is_and_how_to_have_the_first(tmp_path: Path) -> None:
    make_prepared(tmp_path, "smollm2-135m")
    assert choose_model(tmp_path, hub=never).reason == (
        "serving smollm2-135m, which is prepared (to serve distilgpt2 instead: foretype prepare distilgpt2)"
    )
    make_prepared(tmp_path, "distilgpt2")
    assert (
        choose_model(tmp_path, hub=never).reason == "serving distilgpt2, the default model, which is prepared"
    )


@pytest.mark.parametrize(
    ("there", "prepared", "reached", "chosen"),
    [
        ("", "", "c", "c"),
        ("", "", "bc", "b"),
        ("", "", "", "d"),
        ("c", "d", "", "c"),
        ("", "d", "", "d"),
        ("b", "c", "", "b"),
        ("", "c", "", "c"),
        ("d", "", "a", "a"),
    ],
)
def test_any_number_of_defaults_is_gone_through_in_their_order(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, there: str, prepared: str, reached: str, chosen: str
) -> None:
    """`there`: whose weights are on this machine. `reached`: which the hub has."""
    first = load_recipe("distilgpt2")

    def named(name: str, _: Path | None) -> Recipe:
        return first.model_copy(update={"name": name})

    asked: list[str] = []

    def answers_for(_: HubSource) -> bool:
        asked.append("abc"[len(asked)])
        return asked[-1] in reached

    monkeypatch.setattr("foretype.prepare.choose.DEFAULTS", tuple("abcd"))
    monkeypatch.setattr("foretype.prepare.choose.load_recipe", named)
    monkeypatch.setattr("foretype.prepare.choose.weights_at_hand", lambda recipe: recipe.name in there)
    for name in prepared:
        make_prepared(tmp_path, name)
    assert choose_model(tmp_path, hub=answers_for).name == chosen


def test_a_model_that_another_version_prepared_does_not_count(tmp_path: Path) -> None:
    make_prepared(tmp_path, "smollm2-135m")
    (tmp_path / "smollm2-135m" / MANIFEST).write_text(json.dumps({"format": FORMAT - 1}))
    assert not is_prepared(tmp_path / "smollm2-135m")
    assert choose_model(tmp_path, hub=answers).recipe.name == "distilgpt2"


def test_the_cache_of_the_hub_on_this_machine_counts_as_having_the_weights(
    tmp_path: Path, empty_cache: Path
) -> None:
    source = load_recipe("distilgpt2").source
    assert isinstance(source, HubSource)
    snapshot = empty_cache / "models--distilbert--distilgpt2" / "snapshots" / source.revision
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    assert choose_model(tmp_path, hub=silent).recipe.name == "smollm2-135m"
    (snapshot / source.file).write_text("")
    assert choose_model(tmp_path, hub=never).recipe.name == "distilgpt2"


def test_what_was_asked_for_is_served_or_refused_with_the_names(tmp_path: Path) -> None:
    make_prepared(tmp_path, "distilgpt2")
    assert choose_model(tmp_path, "smollm2-135m", hub=never).recipe.name == "smollm2-135m"
    with pytest.raises(RecipeNotFoundError, match="smollm2-135m"):
        choose_model(tmp_path, "gpt9", hub=never)


def test_a_hub_that_does_not_answer_costs_the_time_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "_ask", lambda source, seconds: time.sleep(30))
    source = load_recipe("distilgpt2").source
    assert isinstance(source, HubSource)
    start = time.monotonic()
    assert not hub.reachable(source, 0.2)
    assert time.monotonic() - start < 1
