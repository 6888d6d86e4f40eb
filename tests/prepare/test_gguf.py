"""A model from a GGUF file, without PyTorch: the same logits and tokens as through transformers, and a reason
for each file that is refused.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType as Kind
from tokenizers import Tokenizer

from foretype.engine.vocabulary import Vocabulary
from foretype.models.errors import NotAModelError
from foretype.prepare.check import open_reader
from foretype.prepare.fuse import lay
from foretype.prepare.gate import gate_text
from foretype.prepare.gguf_file import GgufFile, UnknownGgufError
from foretype.prepare.gguf_llama import GgufLlama
from foretype.prepare.gguf_tokeniser import write_tokeniser
from foretype.prepare.graph_files import save_graph
from foretype.prepare.pretrained import read_tokeniser, read_weights
from tests.prepare.tiny import VOCABULARY
from tests.prepare.tiny_gguf import GEOMETRY, NAME, SIZE, Draft

APART = 1e-3


@pytest.fixture
def draft(tokeniser_file: Path) -> Draft:
    return Draft(tokeniser_file)


def logits(file: Path, folder: Path, ids: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """By the fused graph that is made from the file without PyTorch."""
    model = GgufLlama(GgufFile(file))
    save_graph(lay(model, model.config, GEOMETRY), folder)
    return open_reader(folder, "fused", GEOMETRY, 1).read(ids)


@pytest.mark.parametrize("kind", [Kind.Q4_1, Kind.Q4_0, Kind.Q8_0, Kind.F16, Kind.F32])
def test_the_graph_gives_the_logits_of_transformers(kind: Kind, draft: Draft, tmp_path: Path) -> None:
    import torch

    draft.weights_kind = kind
    file = draft.write(tmp_path)
    ids = np.random.default_rng(3).integers(0, VOCABULARY, 40)
    with torch.no_grad():
        expected = read_weights(tmp_path, gguf_file=NAME)(torch.from_numpy(ids[None])).logits[0].numpy()
    np.testing.assert_allclose(logits(file, tmp_path, ids), expected, atol=APART)


@pytest.mark.parametrize("kind", [Kind.Q5_0, Kind.Q4_K, Kind.Q6_K])
def test_weights_of_mixed_bits_are_read_as_the_package_gguf_reads_them(kind: Kind, tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    _, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (3, 2 * size), np.uint8).reshape(-1, size)
    halves = [slice(0, 2)] if kind == Kind.Q5_0 else [slice(0, 2), slice(2, 4), slice(208, 210)]
    for place in halves:  # random bytes may be no numbers
        blocks[:, place] = (
            random.normal(0, 1, (len(blocks), 1))
            .astype(np.float16)
            .view(np.uint8)[:, :2][:, : blocks[:, place].shape[1]]
        )
    raw = blocks.reshape(3, 2 * size)
    writer = gguf.GGUFWriter(tmp_path / NAME, "llama")
    writer.add_tensor("mixed", raw, raw_dtype=kind)
    for step in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file):
        step()
    writer.close()
    found = GgufFile(tmp_path / NAME)
    expected = gguf.quants.dequantize(raw, kind)
    np.testing.assert_array_equal(found.tensor("mixed"), expected)
    np.testing.assert_array_equal(found.rows("mixed", np.array([2, 0])), expected[[2, 0]])


def test_a_head_of_its_own_is_used(draft: Draft, tmp_path: Path) -> None:
    ids = np.arange(9)
    tied = logits(draft.write(tmp_path), tmp_path, ids)
    draft.weights["output.weight"] = -draft.weights["token_embd.weight"]
    np.testing.assert_allclose(logits(draft.write(tmp_path), tmp_path, ids), -tied, atol=APART)


def test_the_tokens_of_any_text_are_those_of_transformers(draft: Draft, tmp_path: Path) -> None:
    write_tokeniser(GgufFile(draft.write(tmp_path)), tmp_path / "tokenizer.json")
    ours = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    theirs = read_tokeniser(tmp_path, gguf_file=NAME).backend_tokenizer
    sources = [file.read_text("utf-8") for file in Path(__file__).parent.glob("*.py")]
    for text in [gate_text(), "Ünï ⌘ 漢字 🙂 \x00\u200b  \n\n 1 23,456 <|endoftext|>don't", *sources]:
        expected = theirs.encode(text, add_special_tokens=False)
        found = ours.encode(text, add_special_tokens=False)
        assert found.ids == expected.ids
        assert found.offsets == expected.offsets
        assert ours.decode(found.ids, skip_special_tokens=False) == theirs.decode(
            expected.ids, skip_special_tokens=False
        )
    assert len(Vocabulary.load(tmp_path, VOCABULARY)) == VOCABULARY - 1


@pytest.mark.parametrize(
    ("split", "words"),
    [
        ("gpt-2", ["Steps", ":", "\u010a", "\u010a", "12", ".", "\u0120Open"]),
        ("smollm", ["Steps", ":", "\u010a\u010a", "1", "2", ".", "\u0120Open"]),
    ],
)
def test_a_text_is_cut_into_words_as_the_file_says(
    draft: Draft, tmp_path: Path, split: str, words: list[str]
) -> None:
    draft.split = split
    write_tokeniser(GgufFile(draft.write(tmp_path)), tmp_path / "tokenizer.json")
    cut = Tokenizer.from_file(str(tmp_path / "tokenizer.json")).pre_tokenizer
    assert [word for word, _ in cut.pre_tokenize_str("Steps:\n\n12. Open")] == words


# -- refused ------------------------------------------------------------------------


def test_what_the_graph_does_not_know_is_refused_with_the_reason(draft: Draft, tmp_path: Path) -> None:
    draft.weights["blk.0.attn_q.bias"] = np.zeros(SIZE)
    with pytest.raises(UnknownGgufError, match=r"unknown kind, such as blk\.0\.attn_q\.bias"):
        GgufLlama(GgufFile(draft.write(tmp_path)))
    del draft.weights["blk.0.attn_q.bias"]
    draft.family = "qwen2"
    with pytest.raises(UnknownGgufError, match="family qwen2"):
        GgufLlama(GgufFile(draft.write(tmp_path)))
    draft.split, draft.family = "llama-bpe", "llama"
    with pytest.raises(UnknownGgufError, match="tokeniser of the kind gpt2, llama-bpe"):
        write_tokeniser(GgufFile(draft.write(tmp_path)), tmp_path / "tokenizer.json")
    draft.split, draft.types[5] = "smollm", 4
    with pytest.raises(UnknownGgufError, match="tokens of the type 4"):
        write_tokeniser(GgufFile(draft.write(tmp_path)), tmp_path / "tokenizer.json")
    draft.weights_kind = Kind.Q5_1
    with pytest.raises(UnknownGgufError, match="weights of the type 7"):
        GgufFile(draft.write(tmp_path))


def test_a_damaged_or_short_file_is_refused_wherever_it_ends(draft: Draft, tmp_path: Path) -> None:
    whole = draft.write(tmp_path).read_bytes()
    for length in (4, 20, 24, 60, 500, 4000, len(whole) - 100):
        (tmp_path / NAME).write_bytes(whole[:length])
        with pytest.raises(NotAModelError, match="copy them again"):
            GgufFile(tmp_path / NAME)
    for at, damage in ((0, b"GGML"), (4, struct.pack("<I", 9)), (8, b"\xff" * 8), (24, b"\xff" * 8)):
        (tmp_path / NAME).write_bytes(whole[:at] + damage + whole[at + len(damage) :])
        with pytest.raises(NotAModelError, match="damaged"):
            GgufFile(tmp_path / NAME)
