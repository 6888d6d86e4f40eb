"""Opening a prepared model: float16 for a GPU, and what is said where model and provider do not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from foretype.cli.sentences import sentence
from foretype.models.recipe import load_recipe
from foretype.prepare.make import make
from foretype.runtime.arena import free_arenas
from foretype.runtime.chunk import Chunk, Step
from foretype.runtime.open import open_runtime
from foretype.runtime.providers import NAMES, Gpu, ProviderMissingError, Surroundings
from foretype.support.execution_provider import Provider
from tests.prepare.tiny import MakeFolder, WriteRecipe

GPU_MACHINE = Surroundings(
    {"onnxruntime-gpu": "1.31.1"}, list(NAMES.values()), Gpu("NVIDIA L4", 13000, 23_034 * 1024 * 1024)
)


def prepared(recipe: str, weights: str, recipes: Path, target: Path) -> Path:
    return make(load_recipe(recipe, recipes).only(weights), target / weights, threads=1).folder


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_float16_passes_the_gate_and_runs_texts_and_rows_as_float32_does(
    family: str, model_folder: MakeFolder, write_recipe: WriteRecipe, recipes: Path, tmp_path: Path
) -> None:
    recipe = write_recipe(model_folder(family), family)
    found = {}
    for weights in ("float32", "float16"):
        folder = prepared(recipe, weights, recipes, tmp_path)
        model = open_runtime(folder, threads=1)
        pool = model.new_pool(4, 32)
        arenas = free_arenas(pool)[:2]
        ids = np.arange(5, 11)
        text = [model.run(arena, Chunk(ids, np.arange(6), None, np.array([5]))) for arena in arenas]
        seen = np.ones((1, 7), np.bool_)
        seen[0, 3] = False
        hole = Chunk(np.array([9]), np.array([5]), seen, np.array([0]))
        found[weights] = np.concatenate([*text, model.run_together([Step(arena, hole) for arena in arenas])])
        assert found[weights].dtype == np.float32
        assert pool.dtype == np.dtype(weights)
    apart = np.abs(found["float16"] - found["float32"]).max()
    assert 0 < apart < 0.05 * np.abs(found["float32"]).max()


def test_a_model_for_the_cpu_is_refused_on_a_gpu_with_the_command_that_makes_another(
    model_folder: MakeFolder,
    write_recipe: WriteRecipe,
    recipes: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe = write_recipe(model_folder("gpt2"), "gpt2")
    folder = prepared(recipe, "int8-block32", recipes, tmp_path)
    monkeypatch.setattr(Surroundings, "here", lambda asked: GPU_MACHINE)
    with pytest.raises(ProviderMissingError) as raised:
        open_runtime(folder, threads=1, provider=Provider.CUDA)
    assert "--weights float16" in sentence(raised.value)
    assert open_runtime(folder, threads=1, provider=Provider.AUTO).provider == NAMES[Provider.CPU]
