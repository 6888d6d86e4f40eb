"""A tiny trained model, prepared; and a copy whose name says that its weights are random."""

from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path

import pytest

from foretype.compare.named import RANDOM_WEIGHTS
from foretype.models.manifest import MANIFEST
from foretype.models.recipe import FolderSource, Recipe
from foretype.prepare.make import make
from tests.distil.little import BEGIN, make_texts, new_gpt2, teach, write_tokeniser

CONTEXT = 512  # the server reads up to 256 tokens of a text, and needs room for its suggestions
LEARNT, DRAWN = "learnt", f"learnt{RANDOM_WEIGHTS}"


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_texts(tmp_path_factory.mktemp("texts"), random.Random(5), count=40)


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory, texts: Path) -> Path:
    """A models folder with both models."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(1)
    weights = tmp_path_factory.mktemp("weights")
    model, tokeniser = new_gpt2(n_layer=2, n_positions=CONTEXT), write_tokeniser(weights)
    teach(model, tokeniser, texts, steps=80)
    model.save_pretrained(weights)
    folder = tmp_path_factory.mktemp("models")
    make(_recipe(weights), folder, threads=1)
    copied(folder / LEARNT, folder / DRAWN, recipe=DRAWN)
    return folder


def _recipe(weights: Path) -> Recipe:
    return Recipe(
        name=LEARNT,
        description="A tiny model",
        licence="none",
        family="gpt2",
        parameters=100_000,
        context_length=CONTEXT,
        begin=(BEGIN,),
        weights=("float32",),
        source=FolderSource(kind="folder", path=weights),
    )


def copied(model: Path, to: Path, **changes: object) -> Path:
    """A copy of a prepared model, with changes in its manifest."""
    shutil.copytree(model, to, copy_function=os.link)
    manifest = json.loads((to / MANIFEST).read_text("utf-8"))
    (to / MANIFEST).unlink()
    (to / MANIFEST).write_text(json.dumps(manifest | {"checksum": ""} | changes), "utf-8")
    return to
