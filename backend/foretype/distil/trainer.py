"""One step after another: batches in a fixed order, the three losses, Adam.

Everything but the weights and Adam's moments follows from the seed and the number of the step: which windows
of the text it sees, what dropout drops, how fast it learns. So a checkpoint is weights, moments and a number,
and a run that was interrupted goes on as if it had not been.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from foretype.distil.errors import NotANumberError
from foretype.distil.losses import Losses, hidden_states, language_model, soft_targets
from foretype.distil.models import Model
from foretype.distil.plan import Plan
from foretype.distil.texts import Ids

WARMUP = 0.05  # of all steps; this and what follows as in the authors' code
BETAS = (0.9, 0.98)
EPSILON = 1e-6
LARGEST_GRADIENT = 5.0


@dataclass(frozen=True, slots=True)
class StepLosses:
    """Plain numbers of one step; `total` is the weighted sum."""

    total: float
    soft: float
    language: float
    hidden: float


class Trainer:
    """A student being trained. `step_number` counts the steps made."""

    def __init__(self, plan: Plan, teacher: Model, student: Model, train: Ids, device: str) -> None:
        self.student = student
        self.step_number = 0
        self._plan = plan
        self._teacher = teacher
        self._order = WindowOrder(train, plan.length, plan.seed)
        self._device = device
        self._trained = [parameter for parameter in student.parameters() if parameter.requires_grad]
        self._optimiser = torch.optim.AdamW(
            self._trained, lr=plan.learning_rate, betas=BETAS, eps=EPSILON, weight_decay=0.0
        )

    @property
    def learning_rate(self) -> float:
        """The next step's: up in a line, then down in a line to nothing at the end."""
        plan = self._plan
        warm = math.ceil(WARMUP * plan.steps)
        if self.step_number < warm:
            return plan.learning_rate * (self.step_number + 1) / warm
        return plan.learning_rate * (plan.steps - self.step_number) / max(1, plan.steps - warm)

    def step(self) -> StepLosses:
        """Make one step. Raises NotANumberError, and the student is as it was."""
        plan = self._plan
        torch.manual_seed(_dropout_seed(plan.seed, self.step_number))
        self.student.train()
        self._optimiser.zero_grad(set_to_none=True)
        sums = np.zeros(4)
        first = self.step_number * plan.windows_a_step
        for batch in range(plan.accumulate):
            ids = self._order.windows(first + batch * plan.batch_size, plan.batch_size)
            losses = self._losses(torch.from_numpy(ids).to(self._device))
            total = losses.weighted(plan.weights)
            (total / plan.accumulate).backward()
            sums += [float(part) for part in (total, losses.soft, losses.language, losses.hidden)]
        found = StepLosses(*(float(part) for part in sums / plan.accumulate))
        if not math.isfinite(found.total):
            raise NotANumberError(self.step_number + 1)
        torch.nn.utils.clip_grad_norm_(self._trained, LARGEST_GRADIENT)
        for group in self._optimiser.param_groups:
            group["lr"] = self.learning_rate
        self._optimiser.step()
        self.step_number += 1
        return found

    def _losses(self, ids: Any) -> Losses:
        """`ids` (rows, positions) of int64."""
        with torch.no_grad():
            teacher_hidden, teacher_logits = _outputs(self._teacher, ids)
        student_hidden, student_logits = _outputs(self.student, ids)
        return Losses(
            soft_targets(student_logits, teacher_logits, self._plan.temperature),
            language_model(student_logits, ids),
            hidden_states(student_hidden, teacher_hidden),
        )

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {
            "step": self.step_number,
            "student": self.student.state_dict(),
            "optimiser": self._optimiser.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.student.load_state_dict(state["student"])
        self._optimiser.load_state_dict(state["optimiser"])
        self.step_number = state["step"]


class WindowOrder:
    """The windows of a token stream in an order of their own for each pass over it."""

    def __init__(self, stream: Ids, length: int, seed: int) -> None:
        self._stream = stream
        self._length = length
        self._seed = seed
        self._count = len(stream) // length
        self._shuffled = lru_cache(maxsize=2)(self._shuffle)

    def windows(self, first: int, count: int) -> NDArray[np.int64]:
        """(count, length) token ids: those from the `first`-th on, counted through all passes."""
        starts = [self._place(index) * self._length for index in range(first, first + count)]
        return np.stack([self._stream[start : start + self._length] for start in starts]).astype(np.int64)

    def _place(self, index: int) -> int:
        number, within = divmod(index, self._count)
        return int(self._shuffled(number)[within])

    def _shuffle(self, number: int) -> NDArray[np.int64]:
        return np.random.default_rng([self._seed, number]).permutation(self._count)


def bytes_of_checkpoint(parameters: int) -> int:
    """float32 weights and Adam's two moments."""
    return parameters * 4 * 3


def _outputs(model: Model, ids: Any) -> tuple[Any, Any]:
    """The last hidden states, after the final norm (rows, positions, width), and the logits."""
    hidden = model.base_model(input_ids=ids, use_cache=False).last_hidden_state
    return hidden, model.get_output_embeddings()(hidden)


def _dropout_seed(seed: int, step: int) -> int:
    return int(np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)[0] >> np.uint64(1))
