"""Training step by step: batches in a fixed order, the three losses, Adam.

The seed and the number of the step decide the windows of text, the dropout and the learning rate of a step.
So a checkpoint needs only the weights, Adam's moments and the number of the step, and an interrupted run
continues exactly as an uninterrupted one.
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
from foretype.distil.plan import TrainingPlan
from foretype.distil.teacher import Model
from foretype.distil.texts import Ids

WARMUP = 0.05  # of all steps; the values of these four constants are those of the authors' code
BETAS = (0.9, 0.98)
EPSILON = 1e-6
MAX_GRADIENT_NORM = 5.0


@dataclass(frozen=True, slots=True)
class StepLosses:
    """The losses of one step as plain numbers. `total` is their weighted sum."""

    total: float
    soft: float
    language: float
    hidden: float


class Trainer:
    """Trains a student. `steps_done` counts the steps."""

    def __init__(self, plan: TrainingPlan, teacher: Model, student: Model, train: Ids, device: str) -> None:
        self.student = student
        self.steps_done = 0
        self._plan = plan
        self._teacher = teacher
        self._order = WindowOrder(train, plan.length, plan.seed)
        self._device = device
        self._parameters = [parameter for parameter in student.parameters() if parameter.requires_grad]
        self._optimiser = torch.optim.AdamW(
            self._parameters, lr=plan.learning_rate, betas=BETAS, eps=EPSILON, weight_decay=0.0
        )

    @property
    def learning_rate(self) -> float:
        """The rate of the next step: it rises linearly during the warm-up, then falls linearly to zero."""
        plan = self._plan
        warm = math.ceil(WARMUP * plan.steps)
        if self.steps_done < warm:
            return plan.learning_rate * (self.steps_done + 1) / warm
        return plan.learning_rate * (plan.steps - self.steps_done) / max(1, plan.steps - warm)

    def step(self) -> StepLosses:
        """Make one step. Raises NotANumberError and leaves the student unchanged."""
        plan = self._plan
        torch.manual_seed(_dropout_seed(plan.seed, self.steps_done))
        self.student.train()
        self._optimiser.zero_grad(set_to_none=True)
        sums = np.zeros(4)
        first = self.steps_done * plan.windows_per_step
        for batch in range(plan.accumulate):
            ids = self._order.windows(first + batch * plan.batch_size, plan.batch_size)
            losses = self._losses(torch.from_numpy(ids).to(self._device))
            total = losses.weighted(plan.weights)
            (total / plan.accumulate).backward()
            sums += [float(part) for part in (total, losses.soft, losses.language, losses.hidden)]
        found = StepLosses(*(float(part) for part in sums / plan.accumulate))
        if not math.isfinite(found.total):
            raise NotANumberError(self.steps_done + 1)
        torch.nn.utils.clip_grad_norm_(self._parameters, MAX_GRADIENT_NORM)
        for group in self._optimiser.param_groups:
            group["lr"] = self.learning_rate
        self._optimiser.step()
        self.steps_done += 1
        return found

    def _losses(self, ids: Any) -> Losses:
        """The losses of one batch of token ids (rows, positions), int64."""
        with torch.no_grad():
            teacher_hidden, teacher_logits = _outputs(self._teacher, ids)
        student_hidden, student_logits = _outputs(self.student, ids)
        return Losses(
            soft_targets(student_logits, teacher_logits, self._plan.temperature),
            language_model(student_logits, ids),
            hidden_states(student_hidden, teacher_hidden),
        )

    def state(self) -> dict[str, Any]:
        """The content of a checkpoint."""
        return {
            "step": self.steps_done,
            "student": self.student.state_dict(),
            "optimiser": self._optimiser.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.student.load_state_dict(state["student"])
        self._optimiser.load_state_dict(state["optimiser"])
        self.steps_done = state["step"]


class WindowOrder:
    """The windows of a token stream, shuffled anew for each pass over the stream."""

    def __init__(self, stream: Ids, length: int, seed: int) -> None:
        self._stream = stream
        self._length = length
        self._seed = seed
        self._count = len(stream) // length
        self._shuffled = lru_cache(maxsize=2)(self._shuffle)

    def windows(self, first: int, count: int) -> NDArray[np.int64]:
        """Token ids (count, length) of `count` windows from number `first` on, counted through all passes."""
        starts = [self._window(index) * self._length for index in range(first, first + count)]
        return np.stack([self._stream[start : start + self._length] for start in starts]).astype(np.int64)

    def _window(self, index: int) -> int:
        pass_number, within = divmod(index, self._count)
        return int(self._shuffled(pass_number)[within])

    def _shuffle(self, pass_number: int) -> NDArray[np.int64]:
        return np.random.default_rng([self._seed, pass_number]).permutation(self._count)


def bytes_of_checkpoint(parameters: int) -> int:
    """Bytes of the weights and of Adam's two moments, all in float32."""
    return parameters * 4 * 3


def _outputs(model: Model, ids: Any) -> tuple[Any, Any]:
    """The last hidden states after the final norm (rows, positions, width), and the logits."""
    hidden = model.base_model(input_ids=ids, use_cache=False).last_hidden_state
    return hidden, model.get_output_embeddings()(hidden)


def _dropout_seed(seed: int, step: int) -> int:
    return int(np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)[0] >> np.uint64(1))
