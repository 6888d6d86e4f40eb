"""A model that says what a script says, behind the real runtime's contract.

It reads a row's context through the slots that the row may see, as attention does, so a wrong slot, mask or
position shows as wrong text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer

from foretype.engine.vocabulary import Vocabulary
from foretype.models.manifest import Geometry
from foretype.runtime.arena import Arena, Pool, slot_bytes
from foretype.runtime.chunk import Chunk, Logits, Step
from foretype.runtime.host import HostRuntime
from foretype.runtime.host_pool import HostPool, slots_of
from foretype.runtime.ranks import Ranks

BEGIN = 0
GEOMETRY = Geometry(layers=1, kv_heads=1, head_dim=2, vocab_size=0, context_length=4096)


def byte_level_vocabulary(*whole_words: str) -> Vocabulary:
    """All single bytes, and `whole_words` as tokens, which may start with a space; tokens that lie on the way
    to them exist too.
    """
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        special_tokens=["<|begin|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        vocab_size=100_000,
        show_progress=False,
    )
    tokenizer.train_from_iterator([word for word in whole_words for _ in range(2)], trainer)
    return Vocabulary(tokenizer, tokenizer.get_vocab_size())


class ScriptedModel:
    """Implements `foretype.runtime.protocol.LogitsRuntime`.

    `script` maps how a context ends to what may come next and how likely that is. The longest
    ending that fits counts. The rest is shared by all other tokens. A token with a higher id gets a little
    more: rounding would put equal shares in an order that differs between processors.
    """

    provider = "ScriptedExecutionProvider"
    batches = True
    needs_weights = None
    warms_beginnings = False
    slot_bytes = slot_bytes(GEOMETRY)

    def __init__(self, vocabulary: Vocabulary, script: Mapping[str, Mapping[str, float]]) -> None:
        self.vocabulary = vocabulary
        self.runs: list[int] = []  # tokens of each run
        self.furthest = 0  # the highest position of all runs
        self._script = sorted(script.items(), key=lambda entry: -len(entry[0]))

    def reopen(self) -> None:
        pass

    def warm_up(self, pool: Pool) -> None:
        pass

    def new_pool(self, rows: int, capacity: int) -> Pool:
        return HostPool(GEOMETRY, rows, capacity)

    def with_distributions(self, ranks: Ranks, most_bytes: int) -> HostRuntime:
        return HostRuntime(self, ranks)

    def run_together(self, steps: Sequence[Step]) -> Logits:
        logits = [self.run(step.arena, step.chunk) for step in steps]
        self.runs[-len(steps) :] = [len(steps)]
        return np.concatenate(logits)

    def run(self, arena: Arena, chunk: Chunk) -> Logits:
        arena.settle()
        first = arena.claim(len(chunk.ids))
        self.runs.append(len(chunk.ids))
        self.furthest = max(self.furthest, int(chunk.positions.max()))
        slots = slots_of(arena)[0, 0, 0, 0]  # (capacity, 2): token and position, where keys would be
        slots[first : arena.length, 0] = chunk.ids
        slots[first : arena.length, 1] = chunk.positions
        visible = chunk.visible
        if visible is None:
            visible = np.tri(len(chunk.ids), arena.length, first, dtype=np.bool_)
        rows = [self._logits(slots[: arena.length][visible[row]]) for row in chunk.rows]
        return np.array(rows, np.float32).reshape(len(rows), self.vocabulary.size)

    def _logits(self, seen: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> list[float]:
        assert seen[0, 0] == BEGIN, "every text starts with the begin token"
        assert seen[:, 1].tolist() == list(range(len(seen))), "positions count from 0 along what is seen"
        context = self.vocabulary.text_of([int(token) for token in seen[1:, 0]])
        said = next((said for ending, said in self._script if context.endswith(ending.encode())), {})
        rest = max(1.0 - sum(said.values()), 1e-6) / self.vocabulary.size
        probabilities = rest * np.linspace(0.99, 1.01, self.vocabulary.size)
        for text, probability in said.items():
            ids = self.vocabulary.encode(text)
            assert len(ids) == 1, f"{text!r} is no single token"
            probabilities[ids[0]] = probability
        return np.log(probabilities).tolist()
