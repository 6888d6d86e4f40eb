"""Tiny teachers that have learnt a small language, and texts in that language."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch

from tests.distil.little import make_texts, new_gpt2, new_llama, teach, write_tokeniser


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """With two threads, such small models wait longer for each other than they compute."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same mails every time."""
    return make_texts(tmp_path_factory.mktemp("texts"), random.Random(5), count=120)


@pytest.fixture(scope="session")
def gpt2(tmp_path_factory: pytest.TempPathFactory, texts: Path) -> Path:
    """A GPT-2 of four layers that was trained on these mails for a few seconds."""
    torch.manual_seed(1)
    return _taught(new_gpt2(), tmp_path_factory.mktemp("gpt2"), texts, steps=150)


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory, texts: Path) -> Path:
    """A Llama of three layers that was trained likewise, its head tied to its embedding."""
    torch.manual_seed(2)
    return _taught(new_llama(), tmp_path_factory.mktemp("llama"), texts, steps=90)


def _taught(model: object, folder: Path, texts: Path, steps: int) -> Path:
    tokeniser = write_tokeniser(folder)
    teach(model, tokeniser, texts, steps)
    model.save_pretrained(folder)  # type: ignore[attr-defined]
    return folder
