"""Measures how likely a word ends after each of the commonest tokens: the table of
`foretype.engine.tree.word_ends`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foretype.engine.vocabulary import Vocabulary
from foretype.models.manifest import Geometry
from foretype.runtime.arena import Arena, lone_arena
from foretype.runtime.chunk import Chunk
from foretype.runtime.distribution import Distribution
from foretype.runtime.fused import FusedRuntime
from foretype.runtime.protocol import Runtime
from foretype.runtime.providers import CPU_ONLY

MOST_TOKENS = 2500
"""More of them make few further runs unnecessary (docs/decisions/0045-word-ends.md)."""
TOKENS_A_RUN = 64
TEXT = "Thanks for the"
"""What the words are put after. Which text it is hardly matters."""


def measure_word_ends(
    graph: Path, geometry: Geometry, vocabulary: Vocabulary, begin: Sequence[int], prompt: str, threads: int
) -> NDArray[np.float16]:
    """(vocab_size,) by token id: the natural logarithm of the probability that no word byte comes after the
    token, if it stands after the prompt and TEXT; not a number for tokens that are not measured.

    begin: the ids that every text starts with. Raises ONNX Runtime's own errors.
    """
    logits = FusedRuntime(graph, geometry, threads=threads, providers=CPU_ONLY)
    runtime = logits.with_distributions(vocabulary.ranks, most_bytes=0)
    text = [*begin, *vocabulary.encode(prompt + TEXT)][-geometry.context_length // 2 :]
    arena = lone_arena(runtime.new_pool(1, len(text) + TOKENS_A_RUN))
    positions = np.arange(len(text), dtype=np.int64)
    runtime.run(arena, Chunk(np.array(text, np.int64), positions, None, positions[:0]))
    found = np.full(geometry.vocab_size, np.nan, np.float16)
    tokens = common_words(vocabulary)
    for first in range(0, len(tokens), TOKENS_A_RUN):
        some = np.array(tokens[first : first + TOKENS_A_RUN], np.int64)
        found[some] = [after.log_boundary for after in _side_by_side(runtime, arena, some)]
        arena.compact(positions)
    return found


def common_words(vocabulary: Vocabulary) -> list[int]:
    """The first MOST_TOKENS tokens that begin a word and have only letters. A tokeniser numbers tokens from
    the most frequent on. For tokens within a word, the probability depends too much on the letters before.
    """
    begins = [
        int(vocabulary.ranks.ids[rank])
        for rank, text in enumerate(vocabulary.texts)
        if text.startswith(b" ") and text[1:].isalpha()
    ]
    return sorted(begins)[:MOST_TOKENS]


def _side_by_side(runtime: Runtime, arena: Arena, tokens: NDArray[np.int64]) -> list[Distribution]:
    """The distribution after each token, which follows the arena's text without the other tokens."""
    there, count = arena.length, len(tokens)
    visible = np.concatenate([np.ones((count, there), np.bool_), np.eye(count, dtype=np.bool_)], axis=1)
    return runtime.run(arena, Chunk(tokens, np.full(count, there, np.int64), visible, np.arange(count)))
