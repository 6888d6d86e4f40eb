"""The three losses that a student is trained with, and their weighted sum.

As in Sanh et al. (2019), section 3, and the authors' `distillation/distiller.py`: every position of every row
counts the same, the last one too, where there is a teacher to agree with but no next token.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch.nn.functional as functional

Tensor = Any  # torch is not followed by the type checker


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each loss counts. The defaults are those of the authors' published command."""

    soft: float = 5.0
    language: float = 2.0
    hidden: float = 1.0


@dataclass(frozen=True, slots=True)
class Losses:
    """The three parts of one batch, each a scalar tensor with a gradient, before they are weighted."""

    soft: Tensor
    language: Tensor
    hidden: Tensor

    def weighted(self, weights: Weights) -> Tensor:
        return weights.soft * self.soft + weights.language * self.language + weights.hidden * self.hidden


def soft_targets(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """The Kullback-Leibler divergence of the student's softened distribution from the teacher's, in nats,
    mean over positions, times the temperature squared.

    Both are logits (rows, positions, vocabulary). The square keeps the gradient's size when the temperature
    changes (Hinton et al. 2015, section 2).
    """
    student = functional.log_softmax(student_logits.flatten(0, 1) / temperature, dim=-1)
    teacher = functional.log_softmax(teacher_logits.flatten(0, 1) / temperature, dim=-1)
    divergence = functional.kl_div(student, teacher, reduction="batchmean", log_target=True)
    return divergence * temperature**2


def language_model(student_logits: Tensor, ids: Tensor) -> Tensor:
    """The cross-entropy of each next token, in nats, mean over all but the last position."""
    return functional.cross_entropy(student_logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())


def hidden_states(student_hidden: Tensor, teacher_hidden: Tensor) -> Tensor:
    """One less the cosine of the angle between the last hidden states (rows, positions, width), mean over
    positions: 0 where they point the same way, 2 where they are opposed.
    """
    return (1 - functional.cosine_similarity(student_hidden, teacher_hidden, dim=-1)).mean()
