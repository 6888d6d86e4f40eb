"""Tiny models of random weights that go through the same path as real ones, in seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from foretype.prepare.gate import gate_text
from tests.models.conftest import recipes, write_recipe
from tests.prepare.tiny import BEGIN, MAKERS, VOCABULARY, MakeFolder

__all__ = ["recipes", "write_recipe"]


@pytest.fixture(scope="session")
def tokeniser_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A byte-level BPE trained on the gate's own text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokeniser = Tokenizer(models.BPE())
    tokeniser.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokeniser.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[BEGIN],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    text = gate_text()
    tokeniser.train_from_iterator(text.splitlines(keepends=True), trainer)
    file = tmp_path_factory.mktemp("tokeniser") / "tokenizer.json"
    tokeniser.save(str(file))
    return file


@pytest.fixture
def model_folder(tmp_path: Path, tokeniser_file: Path) -> MakeFolder:
    """Make a transformers folder of a tiny model of the given family."""

    def make(family: str, **changes: Any) -> Path:
        return write_folder(tmp_path / f"tiny-{family}", family, tokeniser_file, **changes)

    return make


@pytest.fixture(scope="session")
def made_folder(tmp_path_factory: pytest.TempPathFactory, tokeniser_file: Path) -> Path:
    """A tiny GPT-2's transformers folder that nobody changes; `shutil.copytree` makes one that may be."""
    return write_folder(tmp_path_factory.mktemp("made") / "tiny-gpt2", "gpt2", tokeniser_file)


def write_folder(folder: Path, family: str, tokeniser_file: Path, **changes: Any) -> Path:
    from transformers import PreTrainedTokenizerFast

    MAKERS[family](**changes).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_file=str(tokeniser_file), bos_token=BEGIN, eos_token=BEGIN
    ).save_pretrained(folder)
    return folder
