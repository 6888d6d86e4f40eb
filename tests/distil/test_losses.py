"""The losses, against PyTorch's own loss modules put together as the authors' code does."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from foretype.distil.losses import Losses, LossWeights, hidden_states, language_model, soft_targets

ROWS, POSITIONS, VOCABULARY, WIDTH = 3, 5, 11, 8


def drawn(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) * 2


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0, 8.0])
def test_soft_targets_are_the_divergence_times_the_temperature_squared(temperature: float) -> None:
    student, teacher = (drawn(seed, ROWS, POSITIONS, VOCABULARY) for seed in (1, 2))
    reference = (
        nn.KLDivLoss(reduction="batchmean")(
            nn.functional.log_softmax(student.view(-1, VOCABULARY) / temperature, dim=-1),
            nn.functional.softmax(teacher.view(-1, VOCABULARY) / temperature, dim=-1),
        )
        * temperature**2
    )
    assert soft_targets(student, teacher, temperature).item() == pytest.approx(reference.item(), rel=1e-5)


def test_soft_targets_of_an_equal_student_are_nothing_and_pull_it_nowhere() -> None:
    student = drawn(1, ROWS, POSITIONS, VOCABULARY).requires_grad_()
    loss = soft_targets(student, student.detach().clone(), 2.0)
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-6)
    assert student.grad is not None
    assert student.grad.abs().max().item() < 1e-6


def test_the_language_model_loss_is_the_cross_entropy_of_the_next_token() -> None:
    logits = drawn(3, ROWS, POSITIONS, VOCABULARY)
    ids = torch.randint(VOCABULARY, (ROWS, POSITIONS), generator=torch.Generator().manual_seed(4))
    rows = [
        -torch.log_softmax(logits[row, place], -1)[ids[row, place + 1]]
        for row in range(ROWS)
        for place in range(POSITIONS - 1)
    ]
    assert language_model(logits, ids).item() == pytest.approx(torch.stack(rows).mean().item(), rel=1e-6)


def test_the_hidden_state_loss_is_the_cosine_embedding_loss() -> None:
    student, teacher = (drawn(seed, ROWS, POSITIONS, WIDTH) for seed in (5, 6))
    reference = nn.CosineEmbeddingLoss()(
        student.view(-1, WIDTH), teacher.view(-1, WIDTH), torch.ones(ROWS * POSITIONS)
    )
    assert hidden_states(student, teacher).item() == pytest.approx(reference.item(), rel=1e-5)
    assert hidden_states(student, student * 3).item() == pytest.approx(0, abs=1e-6)
    assert hidden_states(student, -student).item() == pytest.approx(2, rel=1e-6)


def test_the_parts_are_weighted_and_added() -> None:
    losses = Losses(torch.tensor(1.0), torch.tensor(10.0), torch.tensor(100.0))
    assert losses.weighted(LossWeights()).item() == 5 * 1 + 2 * 10 + 1 * 100
    assert losses.weighted(LossWeights(0, 0, 0.5)).item() == 50
