"""The figures of the article that Foretype began as an answer to, with our figures beside them.

The article served DistilGPT2 and gave four figures. They do not say how long the text before the caret and
the completion were, which machine was used, or whether "smaller" means parameters or bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from foretype.compare.run import MeasuredModel
from foretype.models.manifest import Manifest

SMALLER_SHARE = 0.33  # DistilGPT2, compared with GPT-2
TIMES_AS_FAST = 2.0  # DistilGPT2, compared with GPT-2
ANSWER_CPU_MS = 925.0  # DistilGPT2, one request
ANSWER_GPU_MS = 199.0

LAYERS = {"DistilGPT2": 6, "GPT-2": 12}
HEADS, HEAD_DIM, VOCABULARY = 12, 64, 50257  # of both
ON_GPU = ("CUDAExecutionProvider", "TensorrtExecutionProvider")


@dataclass(frozen=True, slots=True)
class ArticleFigure:
    """One figure of the article, and the figure that was measured here, or why there is none.

    The names of the attributes are those of the JSON file.
    """

    what: str
    article: str
    here: str


def article_shape(manifest: Manifest) -> str | None:
    """“DistilGPT2” or “GPT-2” if a model has the shape of one of them, whatever its weights are."""
    geometry = manifest.geometry
    of_gpt2 = manifest.family == "gpt2" and (
        geometry.kv_heads, geometry.head_dim, geometry.vocab_size
    ) == (HEADS, HEAD_DIM, VOCABULARY)  # fmt: skip
    return next((name for name, layers in LAYERS.items() if of_gpt2 and layers == geometry.layers), None)


def article_figures(models: Sequence[MeasuredModel]) -> list[ArticleFigure]:
    """Empty if no model has DistilGPT2's shape, because no figure can be compared then."""
    students = [one for one in models if article_shape(one.model.manifest) == "DistilGPT2"]
    if not students:
        return []
    small = students[0]
    large = _teacher_of(small, models)
    no_teacher = "not measured: no model has GPT-2's shape"
    return [
        ArticleFigure(
            "DistilGPT2, size compared with GPT-2",
            f"{100 * SMALLER_SHARE:.0f} % smaller",
            no_teacher if large is None else _smaller(small, large),
        ),
        ArticleFigure(
            "DistilGPT2, speed compared with GPT-2",
            f"{TIMES_AS_FAST:g} times as fast",
            no_teacher if large is None else _times(small, large),
        ),
        ArticleFigure("DistilGPT2, answer on a CPU", f"{ANSWER_CPU_MS:g} ms", _answer(students, gpu=False)),
        ArticleFigure("DistilGPT2, answer on a GPU", f"{ANSWER_GPU_MS:g} ms", _answer(students, gpu=True)),
    ]


def _teacher_of(small: MeasuredModel, models: Sequence[MeasuredModel]) -> MeasuredModel | None:
    """A model of GPT-2's shape, if possible with the same kind of weights and on the same provider."""
    large = [one for one in models if article_shape(one.model.manifest) == "GPT-2"]

    def differs(one: MeasuredModel) -> bool:
        ours, theirs = small.model.manifest, one.model.manifest
        return (ours.weights, small.speed.provider) != (theirs.weights, one.speed.provider)

    return min(large, key=differs, default=None)


def _smaller(small: MeasuredModel, large: MeasuredModel) -> str:
    return f"{100 * (1 - small.model.prepared.bytes / large.model.prepared.bytes):.0f} % smaller on disk"


def _times(small: MeasuredModel, large: MeasuredModel) -> str:
    step = large.speed.step_ms / small.speed.step_ms
    prefill = large.speed.prefill_ms / small.speed.prefill_ms
    return f"{step:.2f} times as fast for one more token, {prefill:.2f} times for the first 64"


def _answer(students: Sequence[MeasuredModel], *, gpu: bool) -> str:
    for one in students:
        if (one.speed.provider in ON_GPU) == gpu:
            random = " (random weights)" if one.model.random_weights else ""
            return f"{one.speed.answer_ms:.0f} ms in a new field{random}"
    return f"not measured: no model ran on a {'GPU' if gpu else 'CPU'}"
