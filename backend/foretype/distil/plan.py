"""What a run is: everything that decides what the student becomes, kept beside its checkpoint.

A run that goes on must be the run that was begun, so what the person asks for is held against what is kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from foretype.distil.errors import BadPlanError, BadTextsError, OutFolderError
from foretype.distil.layers import default_layers
from foretype.distil.losses import Weights
from foretype.distil.models import TeacherFolder
from foretype.distil.texts import About

PASSES = 3  # over the texts, where nobody says how many steps: the authors' default
EVALUATIONS = 20  # in a run, where nobody says how often

TEMPERATURE = 2.0
BATCH_SIZE = 8  # windows; the authors' 5 times 50 accumulated need more texts than most people have
LENGTH = 256  # tokens
LEARNING_RATE = 5e-4

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked for; None is “as the run has it”, or the default in a new run."""

    layers: int | None = None
    steps: int | None = None
    temperature: float | None = None
    alpha_soft: float | None = None
    alpha_language: float | None = None
    alpha_hidden: float | None = None
    batch_size: int | None = None
    accumulate: int | None = None
    length: int | None = None
    learning_rate: float | None = None
    every: int | None = None
    seed: int | None = None


class Plan(BaseModel):
    """One run. Written once, when it begins."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    teacher: str
    teacher_fingerprint: str
    texts: str
    layers: int
    steps: int
    temperature: float
    alpha_soft: float
    alpha_language: float
    alpha_hidden: float
    batch_size: int  # windows that go through the models at once
    accumulate: int  # such batches to one step
    length: int  # tokens in a window
    learning_rate: float
    every: int  # steps from one evaluation to the next
    seed: int

    @property
    def weights(self) -> Weights:
        return Weights(self.alpha_soft, self.alpha_language, self.alpha_hidden)

    @property
    def windows_a_step(self) -> int:
        return self.batch_size * self.accumulate

    def differences(self, wishes: Wishes, teacher: TeacherFolder, texts: Path) -> list[str]:
        """What was asked for that this run does not have, each as “temperature is 2.0, not 3.0”."""
        found = []
        if teacher.fingerprint() != self.teacher_fingerprint:
            found.append(f"its teacher is that of {self.teacher}, with other weights or another tokeniser")
        if str(texts) != self.texts:
            found.append(f"its texts are {self.texts}")
        for field in fields(wishes):
            asked, kept = getattr(wishes, field.name), getattr(self, field.name)
            if asked is not None and asked != kept:
                found.append(f"its --{field.name.replace('_', '-')} is {kept}, not {asked}")
        return found


def check_wishes(wishes: Wishes, teacher: TeacherFolder) -> None:
    """Refuse what no texts could make good. Raises BadPlanError."""
    if wishes.layers is not None and not 1 <= wishes.layers <= teacher.layers:
        raise BadPlanError(
            f"--layers is {wishes.layers}; the teacher has {teacher.layers}: say 1 to {teacher.layers}."
        )
    if wishes.length is not None and not 2 <= wishes.length <= teacher.context_length:
        raise BadPlanError(
            f"--length is {wishes.length}; the teacher reads up to {teacher.context_length} tokens: say 2 to "
            f"{teacher.context_length}."
        )
    if wishes.temperature is not None and not wishes.temperature > 0:
        raise BadPlanError(f"--temperature is {wishes.temperature:g}; it must be more than 0.")
    if wishes.learning_rate is not None and not wishes.learning_rate > 0:
        raise BadPlanError(f"--learning-rate is {wishes.learning_rate:g}; it must be more than 0.")
    if (wishes.alpha_soft, wishes.alpha_language, wishes.alpha_hidden) == (0, 0, 0):
        raise BadPlanError("All three --alpha-… are 0: there is nothing to train on.")


def new_plan(wishes: Wishes, teacher: TeacherFolder, texts: Path, about: About) -> Plan:
    """A plan for a new run, its gaps filled. Raises BadPlanError, BadTextsError."""
    check_wishes(wishes, teacher)
    layers = _or(wishes.layers, default_layers(teacher.layers))
    length = _or(wishes.length, min(LENGTH, teacher.context_length))
    batch_size, accumulate = _or(wishes.batch_size, BATCH_SIZE), _or(wishes.accumulate, 1)
    windows = about.train_tokens // length
    _check_texts(texts, about, length, windows, batch_size * accumulate)
    steps = _or(wishes.steps, math.ceil(PASSES * windows / (batch_size * accumulate)))
    weights = Weights()
    return Plan(
        teacher=str(teacher.folder),
        teacher_fingerprint=teacher.fingerprint(),
        texts=str(texts),
        layers=layers,
        steps=steps,
        temperature=_or(wishes.temperature, TEMPERATURE),
        alpha_soft=_or(wishes.alpha_soft, weights.soft),
        alpha_language=_or(wishes.alpha_language, weights.language),
        alpha_hidden=_or(wishes.alpha_hidden, weights.hidden),
        batch_size=batch_size,
        accumulate=accumulate,
        length=length,
        learning_rate=_or(wishes.learning_rate, LEARNING_RATE),
        every=_or(wishes.every, max(1, steps // EVALUATIONS)),
        seed=_or(wishes.seed, 0),
    )


def read_plan(file: Path) -> Plan:
    """Raises OutFolderError."""
    try:
        return Plan.model_validate_json(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError):
        raise OutFolderError(
            f"{file} is not the plan of a run that this version can read. Name another folder in --out."
        ) from None


def _check_texts(texts: Path, about: About, length: int, windows: int, windows_a_step: int) -> None:
    if windows < windows_a_step:
        raise BadTextsError(
            f"The texts in {texts} give {about.train_tokens:,} tokens to train on; one step takes "
            f"{windows_a_step * length:,}. Add texts, or lower --batch-size or --length."
        )
    if about.held_out_tokens < length:
        raise BadTextsError(
            f"The texts in {texts} give {about.held_out_tokens:,} tokens to measure on, fewer than one "
            f"window of {length}. Add texts, or lower --length."
        )


def _or(wished: T | None, otherwise: T) -> T:
    return otherwise if wished is None else wished
