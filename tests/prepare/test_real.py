"""The embedded default, prepared for real: from the package index, through every step."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from foretype.engine.tree.word_ends import WordEnds
from foretype.engine.vocabulary import Vocabulary
from foretype.models.manifest import WORD_ENDS, Manifest
from foretype.models.recipe import load_recipe
from foretype.prepare.make import make
from foretype.runtime.arena import lone_arena
from foretype.runtime.chunk import Chunk
from foretype.runtime.distribution import Distribution
from foretype.runtime.open import open_runtime
from foretype.support.settings import load


@pytest.mark.model
def test_the_embedded_default_is_as_good_rounded_as_in_float32() -> None:
    """Made if it is not there yet, as in the other tests with the real model: minutes."""
    settings = load()
    recipe = load_recipe("smollm2-135m")
    folder: Path = settings.models_dir / recipe.name
    prepared = make(recipe, settings.models_dir, threads=settings.threads)
    manifest = prepared.manifest
    figures = manifest.figures
    assert manifest.graph == "fused"
    assert manifest.weights in ("grid", "grid8")  # whichever is quicker on this machine
    assert figures.bits_per_byte <= figures.bits_per_byte_float32 * 1.005
    assert figures.bits_per_byte_stepwise <= figures.bits_per_byte_float32 * 1.005
    assert prepared.bytes < 300_000_000
    check_word_ends(folder, manifest)


def check_word_ends(folder: Path, manifest: Manifest) -> None:
    """Each word after another text than the one that the table was measured with."""
    vocabulary = Vocabulary.load(folder, manifest.geometry.vocab_size)
    word_ends = WordEnds.load(folder / WORD_ENDS, manifest.geometry.vocab_size)
    assert word_ends is not None
    runtime = open_runtime(folder, threads=1)
    apart = []
    for word in (" report", " week", " question", " inform", " because", " people", " inter", " make"):
        ids = np.array([*manifest.begin_ids, *vocabulary.encode(f"We talked about this{word}")], np.int64)
        every = np.arange(len(ids))
        chunk = Chunk(ids, every, None, every[-1:])
        [logits] = runtime.run(lone_arena(runtime.new_pool(1, len(ids))), chunk)
        expected = math.exp(Distribution.of(logits, vocabulary.ranks).log_boundary)
        found = word_ends.probability(int(ids[-1]))
        apart.append(1.0 if found is None else abs(found - expected))
    assert sum(apart) / len(apart) < 0.15, apart
