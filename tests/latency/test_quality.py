"""Bits per byte of texts, and of their first characters."""

from __future__ import annotations

import numpy as np
import pytest

from foretype.prepare.check import Ids, Logits
from latency.quality import FIRST_CHARS, measure


def encode(text: str) -> Ids:
    """Each character is a token."""
    return np.array([ord(character) % 4 for character in text], np.int64)


def test_a_model_that_knows_nothing_needs_as_many_bits_as_the_vocabulary_has() -> None:
    bits = measure(lambda ids: np.zeros((len(ids), 4), np.float32), encode, 0, ["abcd" * 50, "dcba" * 40])
    assert bits.per_byte == pytest.approx(2)
    assert bits.per_byte_of_first == pytest.approx(2)


def test_the_head_is_counted_apart() -> None:
    """Sure of everything from the character after the head on."""
    text = "abcd" * (FIRST_CHARS // 2)

    def read(ids: Ids) -> Logits:
        logits = np.zeros((len(ids), 4), np.float32)
        wanted = encode(text)[FIRST_CHARS:]
        logits[np.arange(FIRST_CHARS, len(ids)), wanted] = 100
        return logits

    bits = measure(read, encode, 0, [text])
    assert bits.per_byte_of_first == pytest.approx(2)
    assert bits.per_byte == pytest.approx(1)
