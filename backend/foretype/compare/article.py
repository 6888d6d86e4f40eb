"""The article that Foretype answers, in figures: what it gives, and what of a comparison stands beside it.

It served DistilGPT2 and gave four figures. How long the text before the caret and the completion were, on
which machine, and whether "smaller" means parameters or bytes, the figures alone do not say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from foretype.compare.run import Compared
from foretype.models.manifest import Manifest

SMALLER_SHARE = 0.33  # DistilGPT2 than GPT-2
TIMES_AS_FAST = 2.0
ANSWER_CPU_MS = 925.0  # DistilGPT2, one request
ANSWER_GPU_MS = 199.0

LAYERS = {"DistilGPT2": 6, "GPT-2": 12}
HEADS, HEAD_DIM, VOCABULARY = 12, 64, 50257  # of both
ON_GPU = ("CUDAExecutionProvider", "TensorrtExecutionProvider")


@dataclass(frozen=True, slots=True)
class Beside:
    """One figure of the article, and what was measured here in its place, or why nothing was."""

    what: str
    article: str
    here: str


def shape(manifest: Manifest) -> str | None:
    """“DistilGPT2” or “GPT-2” where a model has that one's shape, whatever its weights are."""
    geometry = manifest.geometry
    of_gpt2 = manifest.family == "gpt2" and (
        geometry.kv_heads, geometry.head_dim, geometry.vocab_size
    ) == (HEADS, HEAD_DIM, VOCABULARY)  # fmt: skip
    return next((name for name, layers in LAYERS.items() if of_gpt2 and layers == geometry.layers), None)


def beside_article(compared: Sequence[Compared]) -> list[Beside]:
    """Nothing where no model has DistilGPT2's shape: nothing here is the article's then."""
    students = [one for one in compared if shape(one.model.manifest) == "DistilGPT2"]
    if not students:
        return []
    small = students[0]
    large = _teacher_of(small, compared)
    no_teacher = "no model of GPT-2's shape is among these"
    return [
        Beside(
            "DistilGPT2: smaller than GPT-2 by",
            f"{100 * SMALLER_SHARE:.0f} %",
            no_teacher if large is None else _smaller(small, large),
        ),
        Beside(
            "… faster, times",
            f"{TIMES_AS_FAST:g}",
            no_teacher if large is None else _times(small, large),
        ),
        Beside("… an answer on a CPU", f"{ANSWER_CPU_MS:g} ms", _answer(students, gpu=False)),
        Beside("… an answer on a GPU", f"{ANSWER_GPU_MS:g} ms", _answer(students, gpu=True)),
    ]


def _teacher_of(small: Compared, compared: Sequence[Compared]) -> Compared | None:
    """A model of GPT-2's shape, one with the same kind of weights on the same hardware if there is one."""
    large = [one for one in compared if shape(one.model.manifest) == "GPT-2"]

    def unlike(one: Compared) -> bool:
        ours, theirs = small.model.manifest, one.model.manifest
        return (ours.weights, small.speed.provider) != (theirs.weights, one.speed.provider)

    return min(large, key=unlike, default=None)


def _smaller(small: Compared, large: Compared) -> str:
    return f"{100 * (1 - small.model.prepared.bytes / large.model.prepared.bytes):.0f} % on the disk"


def _times(small: Compared, large: Compared) -> str:
    step = large.speed.step_ms / small.speed.step_ms
    prefill = large.speed.prefill_ms / small.speed.prefill_ms
    return f"{step:.2f} a token, {prefill:.2f} the first 64"


def _answer(students: Sequence[Compared], *, gpu: bool) -> str:
    for one in students:
        if (one.speed.provider in ON_GPU) == gpu:
            random = " (random weights)" if one.model.random_weights else ""
            return f"{one.speed.answer_ms:.0f} ms from nothing{random}"
    return f"not measured: none ran on a {'GPU' if gpu else 'CPU'}"
