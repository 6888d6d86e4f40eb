"""The three losses that a student is trained with, and their weighted sum.

They are those of Sanh et al. (2019), section 3, and of the authors' `distillation/distiller.py`. Every
position of every row has the same weight. This includes the last position, where the student can be compared
with the teacher although there is no next token.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch.nn.functional as functional

Tensor = Any  # torch is not followed by the type checker


@dataclass(frozen=True, slots=True)
class LossWeights:
    """The weight of each loss in the sum. The defaults are those of the authors' published command."""

    soft: float = 5.0
    language: float = 2.0
    hidden: float = 1.0


@dataclass(frozen=True, slots=True)
class Losses:
    """The three losses of one batch, unweighted, each a scalar tensor with a gradient."""

    soft: Tensor
    language: Tensor
    hidden: Tensor

    def weighted(self, weights: LossWeights) -> Tensor:
        return weights.soft * self.soft + weights.language * self.language + weights.hidden * self.hidden


def soft_targets(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """The Kullback-Leibler divergence of the student's softened distribution from the teacher's, in nats,
    mean over positions, times the temperature squared.

    Both arguments are logits (rows, positions, vocabulary). The square keeps the size of the gradient
    independent of the temperature (Hinton et al. 2015, section 2).
    """
    student = functional.log_softmax(student_logits.flatten(0, 1) / temperature, dim=-1)
    teacher = functional.log_softmax(teacher_logits.flatten(0, 1) / temperature, dim=-1)
    divergence = functional.kl_div(student, teacher, reduction="batchmean", log_target=True)
    return divergence * temperature**2


def language_model(student_logits: Tensor, ids: Tensor) -> Tensor:
    """The cross-entropy of each next token, in nats, mean over all positions but the last."""
    return functional.cross_entropy(student_logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())


def hidden_states(student_hidden: Tensor, teacher_hidden: Tensor) -> Tensor:
    """One minus the cosine of the angle between the last hidden states (rows, positions, width), mean over
    positions: 0 if they have the same direction, 2 if they have opposite directions.
    """
    return (1 - functional.cosine_similarity(student_hidden, teacher_hidden, dim=-1)).mean()
