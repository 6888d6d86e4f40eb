"""The plan of a run: all settings that decide what the student becomes. It is kept beside the checkpoint.

A run may be continued only with the same settings, so the options of a later command are compared with the
plan.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from foretype.distil.errors import BadPlanError, BadTextsError, OutFolderError
from foretype.distil.layers import default_layers
from foretype.distil.losses import LossWeights
from foretype.distil.teacher import TeacherFolder
from foretype.distil.texts import TextsSummary

PASSES = 3  # over the texts, if the number of steps is not given: the authors' default
EVALUATIONS = 20  # in a run, if --every is not given

TEMPERATURE = 2.0
BATCH_SIZE = 8  # windows; the authors' 5, accumulated 50 times, need more texts than most people have
LENGTH = 256  # tokens
LEARNING_RATE = 5e-4

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """The options that the user gave. None stands for the value of the run that is continued, or for the
    default in a new run.
    """

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


class TrainingPlan(BaseModel):
    """The plan of one run, written once, when the run begins."""

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
    batch_size: int  # windows in one pass through the models
    accumulate: int  # batches in one step
    length: int  # tokens in a window
    learning_rate: float  # the highest
    every: int  # steps between evaluations
    seed: int

    @property
    def weights(self) -> LossWeights:
        return LossWeights(self.alpha_soft, self.alpha_language, self.alpha_hidden)

    @property
    def windows_per_step(self) -> int:
        return self.batch_size * self.accumulate

    def differences(self, options: PlanOptions, teacher: TeacherFolder, texts: Path) -> list[str]:
        """The differences from the given options, each like “its --temperature is 2.0, not 3.0”."""
        found = []
        if teacher.fingerprint() != self.teacher_fingerprint:
            found.append(f"its teacher, from {self.teacher}, has other weights or another tokeniser")
        if str(texts) != self.texts:
            found.append(f"its texts are {self.texts}")
        for field in fields(options):
            given, planned = getattr(options, field.name), getattr(self, field.name)
            if given is not None and given != planned:
                found.append(f"its --{field.name.replace('_', '-')} is {planned}, not {given}")
        return found


def check_options(options: PlanOptions, teacher: TeacherFolder) -> None:
    """Check what can be checked before the texts are read. Raises BadPlanError."""
    if options.layers is not None and not 1 <= options.layers <= teacher.layers:
        raise BadPlanError(
            f"--layers is {options.layers}; the teacher has {teacher.layers}: choose 1 to {teacher.layers}."
        )
    if options.length is not None and not 2 <= options.length <= teacher.context_length:
        raise BadPlanError(
            f"--length is {options.length}; the teacher reads up to {teacher.context_length} tokens: choose "
            f"2 to {teacher.context_length}."
        )
    if options.temperature is not None and not options.temperature > 0:
        raise BadPlanError(f"--temperature is {options.temperature:g}; it must be more than 0.")
    if options.learning_rate is not None and not options.learning_rate > 0:
        raise BadPlanError(f"--learning-rate is {options.learning_rate:g}; it must be more than 0.")
    if (options.alpha_soft, options.alpha_language, options.alpha_hidden) == (0, 0, 0):
        raise BadPlanError(
            "--alpha-soft, --alpha-language and --alpha-hidden are all 0, so there is nothing to train on. "
            "Set at least one of them to more than 0."
        )


def new_plan(
    options: PlanOptions, teacher: TeacherFolder, texts: Path, summary: TextsSummary
) -> TrainingPlan:
    """A plan for a new run: the options, completed by defaults. Raises BadPlanError, BadTextsError."""
    check_options(options, teacher)
    layers = _or(options.layers, default_layers(teacher.layers))
    length = _or(options.length, min(LENGTH, teacher.context_length))
    batch_size, accumulate = _or(options.batch_size, BATCH_SIZE), _or(options.accumulate, 1)
    windows = summary.train_tokens // length
    _check_texts(texts, summary, length, windows, batch_size * accumulate)
    steps = _or(options.steps, math.ceil(PASSES * windows / (batch_size * accumulate)))
    weights = LossWeights()
    return TrainingPlan(
        teacher=str(teacher.folder),
        teacher_fingerprint=teacher.fingerprint(),
        texts=str(texts),
        layers=layers,
        steps=steps,
        temperature=_or(options.temperature, TEMPERATURE),
        alpha_soft=_or(options.alpha_soft, weights.soft),
        alpha_language=_or(options.alpha_language, weights.language),
        alpha_hidden=_or(options.alpha_hidden, weights.hidden),
        batch_size=batch_size,
        accumulate=accumulate,
        length=length,
        learning_rate=_or(options.learning_rate, LEARNING_RATE),
        every=_or(options.every, max(1, steps // EVALUATIONS)),
        seed=_or(options.seed, 0),
    )


def read_plan(file: Path) -> TrainingPlan:
    """Raises OutFolderError."""
    try:
        return TrainingPlan.model_validate_json(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError):
        raise OutFolderError(
            f"{file} is not the plan of a run that this version can read. Name another folder in --out."
        ) from None


def _check_texts(
    texts: Path, summary: TextsSummary, length: int, windows: int, windows_per_step: int
) -> None:
    if windows < windows_per_step:
        raise BadTextsError(
            f"The texts in {texts} give {summary.train_tokens:,} tokens to train on; one step takes "
            f"{windows_per_step * length:,}. Add texts, or lower --batch-size or --length."
        )
    if summary.held_out_tokens < length:
        raise BadTextsError(
            f"The texts in {texts} give {summary.held_out_tokens:,} tokens to measure on, fewer than one "
            f"window of {length}. Add texts, or lower --length."
        )


def _or(given: T | None, default: T) -> T:
    return default if given is None else given
