"""A Gemma 3 model from a GGUF file, without PyTorch: the logits of transformers, the pieces of llama.cpp, and
a vocabulary that may be trimmed.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from foretype.engine.vocabulary import Vocabulary
from foretype.models.manifest import Geometry
from foretype.models.recipe import VocabularyRule
from foretype.prepare.check import open_reader
from foretype.prepare.fuse import NotFusableError, lay
from foretype.prepare.gguf_file import GgufFile, UnknownGgufError
from foretype.prepare.gguf_gemma3 import GgufGemma3
from foretype.prepare.gguf_model import open_model
from foretype.prepare.gguf_pieces import Pieces
from foretype.prepare.graph_files import save_graph
from foretype.prepare.pretrained import read_weights
from tests.prepare.tiny_gemma import BYTE, HEAD_DIM, LAYERS, NAME, NORMAL, WINDOW, WORDS, Draft

APART = 1e-3
LATIN = VocabularyRule(scripts=("LATIN",), tokens=325)


@pytest.fixture(scope="module")
def draft() -> Draft:
    return Draft()


@pytest.fixture(scope="module")
def folder(draft: Draft, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gemma")
    draft.write(folder)
    return folder


@pytest.fixture(scope="module")
def whole(folder: Path) -> Tokenizer:
    open_model(GgufFile(folder / NAME), None).write_tokeniser(folder / "tokenizer.json")
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


@pytest.fixture(scope="module")
def trimmed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    file = tmp_path_factory.mktemp("trimmed") / "tokenizer.json"
    open_model(GgufFile(folder / NAME), LATIN).write_tokeniser(file)
    return Tokenizer.from_file(str(file))


def geometry(tokens: int, context: int = WINDOW) -> Geometry:
    return Geometry(layers=LAYERS, kv_heads=1, head_dim=HEAD_DIM, vocab_size=tokens, context_length=context)


def pieces_of(tokeniser: Tokenizer, text: str) -> list[str]:
    found: list[str] = tokeniser.encode(text, add_special_tokens=False).tokens
    return found


def joined_by_score(draft: Draft, text: str) -> list[str]:
    """As llama.cpp does it, for a text without whole tokens: the best-scored pair first, the left one of
    equals; bytes for what has no piece.
    """
    scores = {
        token: score
        for token, kind, score in zip(draft.tokens, draft.types, draft.scores, strict=True)
        if kind == NORMAL
    }
    parts = list(text.replace(" ", "▁"))
    while True:
        pairs = [(scores.get(a + b, -np.inf), -n) for n, (a, b) in enumerate(pairwise(parts))]
        best, place = max(pairs, default=(-np.inf, 0))
        if best == -np.inf:
            break
        parts[-place : 2 - place] = ["".join(parts[-place : 2 - place])]
    return [
        piece
        for part in parts
        for piece in ([part] if part in scores else [f"<0x{byte:02X}>" for byte in part.encode()])
    ]


@pytest.mark.parametrize("rule", [None, LATIN])
def test_the_graph_gives_the_logits_of_transformers_for_the_tokens_that_are_kept(
    rule: VocabularyRule | None, folder: Path, tmp_path: Path
) -> None:
    import torch

    file = GgufFile(folder / NAME)
    kept = np.array(Pieces(file).kept(rule))
    model = open_model(file, rule)
    save_graph(lay(model.weights, model.config, geometry(len(kept))), tmp_path)
    ids = np.random.default_rng(3).integers(0, len(kept), 90)
    with torch.no_grad():
        expected = read_weights(folder, gguf_file=NAME)(torch.from_numpy(kept[ids][None])).logits[0].numpy()

    reader = open_reader(tmp_path, "fused", geometry(len(kept)), 1)
    np.testing.assert_allclose(reader.read(ids), expected[:, kept], atol=APART)
    reader.restart()
    steps = np.concatenate([reader.read(ids[n : n + 1]) for n in range(len(ids))])
    np.testing.assert_allclose(steps, expected[:, kept], atol=APART)


@given(st.lists(st.sampled_from([*WORDS, "meeting", " ", "é", "漢", "🙂", "Ž", "\x01", "the"]), max_size=12))
def test_a_text_is_joined_by_the_scores(draft: Draft, whole: Tokenizer, parts: list[str]) -> None:
    text = " ".join("".join(parts).replace("▁", " ").split())  # runs of spaces are whole tokens
    assert pieces_of(whole, text) == joined_by_score(draft, text)
    assert whole.decode(whole.encode(text).ids, skip_special_tokens=False) == text


def test_whole_tokens_are_found_before_all_others(whole: Tokenizer) -> None:
    assert pieces_of(whole, "the\n\n  see") == ["t", "h", "e", "\n\n", "  ", "s", "ee"]


def test_only_a_script_and_the_best_scores_stay_but_all_bytes_and_single_letters(
    draft: Draft, whole: Tokenizer, trimmed: Tokenizer
) -> None:
    left = set(trimmed.get_vocab())
    assert len(left) == pytest.approx(LATIN.tokens, abs=3)  # a piece brings those that it is joined from
    assert {f"<0x{byte:02X}>" for byte in range(256)} <= left
    assert {"<bos>", "<unk>", "\n", "é", "Ž"} <= left
    assert not {"п", "привет", "<unused0>"} & left
    assert "▁t" in left
    assert "Thanks" not in left  # the last of the words
    for text in ("the meeting", "Hi, see the\n\ninner", "Žé"):
        if left.issuperset(pieces_of(whole, text)):
            assert pieces_of(trimmed, text) == pieces_of(whole, text)
    assert pieces_of(trimmed, "п") == ["<0xD0>", "<0xBF>"]
    assert trimmed.decode(trimmed.encode("Thanks, привет").ids, skip_special_tokens=False) == "Thanks, привет"


def test_a_kept_piece_is_still_reached_with_pieces_of_every_size(folder: Path, tmp_path: Path) -> None:
    file = GgufFile(folder / NAME)
    for tokens in range(310, 350, 3):
        model = open_model(file, VocabularyRule(scripts=("LATIN", "CYRILLIC"), tokens=tokens))
        model.write_tokeniser(tmp_path / "tokenizer.json")
        tokeniser = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
        for word in WORDS:
            if word in tokeniser.get_vocab() and word in joined_by_score(Draft(), word.replace("▁", " ")):
                assert pieces_of(tokeniser, word.replace("▁", " ")) == [word]


def test_the_vocabulary_is_in_the_order_of_bytes_with_the_bytes_that_no_piece_writes(
    folder: Path, whole: Tokenizer, draft: Draft
) -> None:
    vocabulary = Vocabulary.load(folder, len(draft.tokens))
    found = vocabulary.interval(b" meet")
    assert vocabulary.texts[found.low : found.high] == [b" meet", b" meeting"]
    assert vocabulary.texts == sorted(vocabulary.texts)
    assert len(set(vocabulary.texts)) == len(vocabulary.texts)
    ids = {token: index for index, token in enumerate(draft.tokens)}
    for token in ("<0x65>", "<0x0A>", "<0x20>", "<bos>", "<unk>"):  # e, a line break and a space have pieces
        assert vocabulary.rank(ids[token]) is None
    for token, text in (("\n\n", b"\n\n"), ("<0xD0>", b"\xd0"), ("▁", b" "), ("<0x07>", b"\x07")):
        rank = vocabulary.rank(ids[token])
        assert rank is not None
        assert vocabulary.texts[rank] == text
    assert [vocabulary.texts[rank] for rank in vocabulary.prefixes(b" the")] == [b" ", b" t", b" th"]
    text = "the  meeting\n\né漢\x01"
    assert vocabulary.text_of(vocabulary.encode(text)) == text.encode()


# -- refused --------------------------------------------------------------------------


def test_a_context_beyond_the_window_is_refused(folder: Path) -> None:
    model = open_model(GgufFile(folder / NAME), None)
    with pytest.raises(NotFusableError, match=f"see only {WINDOW} tokens"):
        lay(model.weights, model.config, geometry(model.config.vocab_size, WINDOW + 1))


def test_what_is_not_known_is_refused_with_the_reason(tmp_path: Path) -> None:
    draft = Draft()
    draft.weights["blk.0.attn_q.bias"] = np.zeros(64)
    file = GgufFile(draft.write(tmp_path))
    with pytest.raises(UnknownGgufError, match=r"unknown kind, such as blk\.0\.attn_q\.bias"):
        GgufGemma3(file, range(9))
    draft.types[-1] = 2
    with pytest.raises(UnknownGgufError, match="tokens of the type 2"):
        Pieces(GgufFile(draft.write(tmp_path)))
    assert BYTE in draft.types
