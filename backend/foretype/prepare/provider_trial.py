"""A trial of an execution provider: the prepared model runs there and on the CPU, in turns in one process.

The same gate and the same clock decide as for weights: a provider is used only if it predicts as well as the
CPU with the same weights, and takes less time for a step. A plug-in may ignore an input of the attention, or
take a few nodes and copy everything between two memories, and nothing else would show that.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from foretype.models.manifest import TOKENIZER, Manifest
from foretype.prepare.check import WORSE_AT_MOST, GateText, Ids, Logits, RuntimeReader, tokens_of_gate
from foretype.prepare.race import race
from foretype.runtime.arena import free_arenas, lone_arena
from foretype.runtime.chunk import Chunk, Step
from foretype.runtime.open import open_runtime, placed_nodes
from foretype.runtime.protocol import LogitsRuntime
from foretype.support.execution_provider import Provider

TOKENS = 64  # of the gate's text that are read
BRANCHES, DEPTH = 3, 4  # of the tree, which continues the text
TEXTS = 4  # texts in one run, with one token each
# Of the largest logit. OpenVINO, which does not round the inputs of 4-bit products as the CPU does, is 0.05
# apart; a runtime that ignores the mask of a tree is 0.76 apart (docs/decisions/0042-providers.md).
APART_AT_MOST = 0.1


@dataclass(frozen=True, slots=True)
class Trial:
    """Figures of a provider, and of the CPU in the same run.

    nodes: of the model's graph; taken: those that the provider computes; left: operators that it leaves to
    the CPU. bits_per_byte: the worse of two readings, in one pass and token by token. apart: the largest
    difference of two logits, as a part of the largest logit. step_ms, prefill_ms: medians (`race.Speed`).
    """

    nodes: int
    taken: int
    left: tuple[str, ...]
    bits_per_byte: float
    cpu_bits_per_byte: float
    apart: float
    step_ms: float
    cpu_step_ms: float
    prefill_ms: float
    cpu_prefill_ms: float

    @property
    def refusal(self) -> str | None:
        """Why the model is not served there, as a sentence after “but”. None if it may be."""
        if not self.taken:
            return "it takes no part of the model's graph, so the CPU would compute everything."
        if not self.bits_per_byte <= self.cpu_bits_per_byte * WORSE_AT_MOST:  # also if one is NaN
            return (
                f"it predicts worse: {self.bits_per_byte:.3f} bits per byte, on the CPU "
                f"{self.cpu_bits_per_byte:.3f}."
            )
        if not self.apart <= APART_AT_MOST:
            return f"its logits differ from the CPU's by up to {self.apart:.0%} of the largest logit."
        if self.step_ms >= self.cpu_step_ms:
            return (
                f"it is not faster: a step takes {self.step_ms:.1f} ms, on the CPU {self.cpu_step_ms:.1f} ms."
            )
        return None


def try_provider(folder: Path, provider: Provider, threads: int) -> Trial:
    """A trial in this process of the prepared model in `folder`. Takes seconds, on a slow device minutes.

    Raises ProviderMissingError, the manifest's errors, and ONNX Runtime's own.
    """
    manifest = Manifest.read(folder)
    context = manifest.geometry.context_length
    tokeniser = Tokenizer.from_file(str(folder / TOKENIZER))
    text = tokens_of_gate(tokeniser, manifest.begin_ids, min(TOKENS, context))
    placed = placed_nodes(folder, threads=threads, provider=provider)
    there = open_runtime(folder, threads=threads, provider=provider)
    cpu = open_runtime(folder, threads=threads, provider=Provider.CPU)
    readings, cpu_readings = _readings(there, text), _readings(cpu, text)
    largest = max(float(np.abs(logits).max()) for logits in cpu_readings)
    pairs = zip(readings, cpu_readings, strict=True)
    apart = max(float(np.abs(mine - theirs).max()) for mine, theirs in pairs) / largest
    speed, cpu_speed = race([RuntimeReader(one, context) for one in (there, cpu)], text.ids)
    elsewhere = {name: nodes for name, nodes in placed.items() if name != there.provider}
    return Trial(
        nodes=sum(sum(nodes.values()) for nodes in placed.values()),
        taken=sum(placed.get(there.provider, Counter()).values()),
        left=tuple(sorted({operator for nodes in elsewhere.values() for operator in nodes})),
        bits_per_byte=_bits_per_byte(readings, text),
        cpu_bits_per_byte=_bits_per_byte(cpu_readings, text),
        apart=apart,
        step_ms=speed.step_ms,
        cpu_step_ms=cpu_speed.step_ms,
        prefill_ms=speed.prefill_ms,
        cpu_prefill_ms=cpu_speed.prefill_ms,
    )


def _bits_per_byte(readings: list[Logits], text: GateText) -> float:
    in_one_pass, token_by_token, *_ = readings
    return max(text.bits_per_byte(in_one_pass), text.bits_per_byte(token_by_token))


def _readings(runtime: LogitsRuntime, text: GateText) -> list[Logits]:
    """The logits of the text in each way that the server runs a model: in one pass, token by token, in a
    tree, and one token each of several texts. Each is (k, vocab_size) float32.
    """
    ids = text.ids
    return [
        _read(runtime, [ids]),
        _read(runtime, np.split(ids, len(ids))),
        _in_a_tree(runtime, ids),
        _together(runtime, ids),
    ]


def _read(runtime: LogitsRuntime, parts: list[Ids]) -> Logits:
    reader = RuntimeReader(runtime, sum(map(len, parts)))
    return np.concatenate([reader.read(part) for part in parts])


def _in_a_tree(runtime: LogitsRuntime, ids: Ids) -> Logits:
    """`BRANCHES` continuations of the text, each `DEPTH` tokens long, in one run. Their tokens are
    interleaved, as a search orders them, so that each sees only some of those before it.
    """
    nodes = BRANCHES * DEPTH
    count = len(ids) - nodes
    arena = lone_arena(runtime.new_pool(1, len(ids)))
    runtime.run(arena, Chunk(ids[:count], np.arange(count), None, np.array([0], np.int64)))
    visible = np.zeros((nodes, count + nodes), np.bool_)
    visible[:, :count] = True
    for node in range(nodes):
        visible[node, count + node % BRANCHES : count + node + 1 : BRANCHES] = True
    positions = count + np.repeat(np.arange(DEPTH), BRANCHES)
    return runtime.run(arena, Chunk(ids[count:], positions, visible, np.arange(nodes)))


def _together(runtime: LogitsRuntime, ids: Ids) -> Logits:
    """One run with the next token of several texts of different lengths."""
    lengths = [len(ids) * (text + 1) // TEXTS - 1 for text in range(TEXTS)]
    steps = []
    for arena, length in zip(free_arenas(runtime.new_pool(TEXTS, len(ids))), lengths, strict=True):
        runtime.run(arena, Chunk(ids[:length], np.arange(length), None, np.array([0], np.int64)))
        steps.append(Step(arena, Chunk(ids[length : length + 1], np.array([length]), None, np.array([0]))))
    return runtime.run_together(steps)
