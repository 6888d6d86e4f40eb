"""The properties that make random weights a realistic load, on a model whose words have two letters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from latency import shapes

WORDS = [f" {chr(97 + first)}{chr(97 + second)}" for first in range(8) for second in range(16)]
PIECES = [f"{chr(97 + first)}{chr(97 + second)}" for first in range(8) for second in range(16)]


class Letters:
    """A tokeniser of two-letter words and pieces."""

    vocabulary = WORDS + PIECES

    def decode(self, ids: list[int]) -> str:
        return "".join(self.vocabulary[token] for token in ids)

    def encode(self, text: str) -> list[int]:
        return [ord(character) % len(self.vocabulary) for character in text]


@pytest.fixture
def model() -> Any:
    torch.manual_seed(0)
    size = len(Letters.vocabulary)
    return GPT2LMHeadModel(GPT2Config(vocab_size=size, n_layer=1, n_embd=64, n_head=4)).eval()


def probabilities(model: Any) -> Any:
    with torch.no_grad():
        return model(torch.tensor([[3, 77, 200, 5]])).logits[0].softmax(-1)


def test_words_come_before_pieces_and_common_ones_before_rare(model: Any) -> None:
    shapes._prefer_words(model, Letters())
    mean = probabilities(model).mean(0)
    assert mean[: len(WORDS)].sum() > 0.99
    assert mean[:16].sum() > mean[16:64].sum() / 2 > mean[112:128].sum() / 2


def test_sharpened_it_is_as_unsure_as_it_should_be(model: Any) -> None:
    shapes._prefer_words(model, Letters())
    shapes._sharpen(model, Letters())
    ids = torch.tensor([Letters().encode("Hello, any text has about the same entropy as any other")])
    with torch.no_grad():
        bits = shapes._entropy_bits(model(ids).logits[0])
    assert bits == pytest.approx(shapes.ENTROPY_BITS, abs=0.5)


@pytest.mark.parametrize(
    ("token", "word"), [(" the", True), (",", True), ("ing", False), (" 12", False), (" ", False)]
)
def test_a_word_stands_for_itself_wherever_it_comes(token: str, word: bool) -> None:
    assert shapes._is_word(token) is word


def test_nobody_takes_a_shape_for_a_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "OUT", tmp_path)
    assert shapes.settings_for("smollm2-135m") == {"FORETYPE_MODEL": "smollm2-135m"}
    assert shapes.texts_for("smollm2-135m") is None
    with pytest.raises(shapes.ShapeUnavailableError, match=r"python -m latency\.shapes distilgpt2"):
        shapes.settings_for("distilgpt2-random-weights")
    place = shapes.models_dir("distilgpt2") / "distilgpt2-random-weights"
    place.mkdir(parents=True)
    (place / "manifest.json").write_text("{}")
    settings = shapes.settings_for("distilgpt2-random-weights")
    assert settings["FORETYPE_MODEL"] == "distilgpt2-random-weights"
    assert Path(settings["FORETYPE_MODELS_DIR"]) == place.parent
    assert shapes.texts_for("distilgpt2-random-weights") is not None
