"""A run from its folders to the student: begin it or go on with it, train, measure, keep."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

from foretype.distil.curve import loss_curve
from foretype.distil.errors import OtherRunError, OutFolderError, StoppedError
from foretype.distil.folder import RunFolder
from foretype.distil.journal import Journal, Measured, Trained
from foretype.distil.layers import chosen_layers
from foretype.distil.measure import bits_per_byte
from foretype.distil.models import (
    Model,
    TeacherFolder,
    look_at_teacher,
    make_student,
    read_teacher,
    read_tokeniser,
    write_student,
)
from foretype.distil.plan import Plan, Wishes, check_wishes, new_plan
from foretype.distil.texts import Texts, open_tokens, write_tokens
from foretype.distil.trainer import Trainer, bytes_of_checkpoint
from foretype.prepare.quiet import quiet
from foretype.support.progress import Progress


class Training(Protocol):
    """Told what the loop does while it runs."""

    def trained(self, entry: Trained) -> None: ...
    def measuring(self, done: int, total: int) -> None: ...
    def measured(self, entry: Measured) -> None: ...


class Watcher(Protocol):
    """Told what a run does; the command line draws it."""

    def preparing(self) -> AbstractContextManager[Progress]: ...
    def training(self, plan: Plan, done: int) -> AbstractContextManager[Training]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """One call of the command. `device` is PyTorch's name for it."""

    teacher: Path
    texts: Path
    out: Path
    wishes: Wishes
    resume: bool = False
    device: str = "cpu"
    threads: int = 1  # of the processor


@dataclass(frozen=True, slots=True)
class Student:
    """A finished run."""

    folder: Path
    plan: Plan
    first: Measured
    last: Measured


def distil(asked: Asked, watcher: Watcher, stop: Callable[[], bool]) -> Student:
    """Make the student, or go on with making it. `stop` is asked between steps.

    Raises DistilError, and StoppedError once a checkpoint is on the disk after `stop` said yes. One process
    works on one folder.
    """
    folder = RunFolder(asked.out)
    torch.set_num_threads(asked.threads)
    with quiet(), folder.full_disk_said():
        teacher = look_at_teacher(asked.teacher)
        return _distil(asked, folder, teacher, watcher, stop)


def _distil(
    asked: Asked, folder: RunFolder, teacher: TeacherFolder, watcher: Watcher, stop: Callable[[], bool]
) -> Student:
    with folder.held():
        with watcher.preparing() as progress:
            plan = _plan(asked, folder, teacher, progress)
            if folder.finished:
                folder.tidy()
                return _finished(folder, plan)
            run = _open(folder, plan, teacher, asked.device, progress)
        return _complete(run, watcher, stop)


def _plan(asked: Asked, folder: RunFolder, teacher: TeacherFolder, progress: Progress) -> Plan:
    """The plan of the run that is in the folder, if it is the one that was asked for; else a new one, with
    its tokens.
    """
    kept = folder.plan()
    if kept is None:
        return _new_plan(asked, folder, teacher, progress)
    if not folder.begun:
        goes_on = asked.resume and not kept.differences(asked.wishes, teacher, asked.texts)
        return kept if goes_on else _new_plan(asked, folder, teacher, progress)
    if not asked.resume:
        if folder.finished:
            raise OutFolderError(f"{asked.out} holds a finished student. Name another folder in --out.")
        raise OutFolderError(
            f"{asked.out} holds a run that is not finished. Go on with it with --resume, or name another "
            "folder in --out."
        )
    differences = kept.differences(asked.wishes, teacher, asked.texts)
    if differences:
        raise OtherRunError(asked.out, differences)
    return kept


def _new_plan(asked: Asked, folder: RunFolder, teacher: TeacherFolder, progress: Progress) -> Plan:
    check_wishes(asked.wishes, teacher)
    with progress.step("read the tokeniser"):
        tokeniser = read_tokeniser(teacher)
    with progress.step("tokenise the texts") as step:
        folder.make_tokens(
            lambda part: write_tokens(asked.texts, tokeniser.encode, tokeniser.begin, part, step)
        )
    about = open_tokens(folder.tokens).about
    for left in about.left_out:
        progress.say(f"Left out {left.file}: {left.reason}.")
    plan = new_plan(asked.wishes, teacher, asked.texts, about)
    folder.keep_plan(plan)
    return plan


def _finished(folder: RunFolder, plan: Plan) -> Student:
    measured = Journal(folder.journal, plan.steps).measured
    if not measured:
        raise OutFolderError(f"{folder.out} holds a student, but {folder.journal.name} says nothing of it.")
    return Student(folder.out, plan, measured[0], measured[-1])


@dataclass(frozen=True, slots=True)
class _Run:
    """A run whose models and texts are in memory."""

    folder: RunFolder
    plan: Plan
    source: TeacherFolder
    teacher: Model
    texts: Texts
    trainer: Trainer


def _open(folder: RunFolder, plan: Plan, source: TeacherFolder, device: str, progress: Progress) -> _Run:
    """Where the run was left, or its beginning."""
    texts = open_tokens(folder.tokens)
    with progress.step("read the teacher"):
        teacher = read_teacher(source).to(device)
    student = make_student(teacher, source.family, chosen_layers(source.layers, plan.layers)).to(device)
    folder.require_space(2 * bytes_of_checkpoint(sum(value.numel() for value in student.parameters())))
    trainer = Trainer(plan, teacher, student, texts.train, device)
    state = folder.checkpoint()
    if state is not None:
        trainer.restore(state)
        progress.say(f"Going on after step {trainer.step_number} of {plan.steps}.")
    return _Run(folder, plan, source, teacher, texts, trainer)


def _complete(run: _Run, watcher: Watcher, stop: Callable[[], bool]) -> Student:
    """Train to the end and put the student in place."""
    done = run.trainer.step_number
    with Journal(run.folder.journal, done) as journal, watcher.training(run.plan, done) as training:
        _Loop(run, journal, training, stop).train()
        run.folder.finish(lambda part: write_student(run.trainer.student, run.source, part))
        measured = journal.measured
        return Student(run.folder.out, run.plan, measured[0], measured[-1])


class _Loop:
    """Train and measure in turns, until the plan's last step or until it is told to stop."""

    def __init__(self, run: _Run, journal: Journal, training: Training, stop: Callable[[], bool]) -> None:
        self._run = run
        self._journal = journal
        self._training = training
        self._stop = stop

    def train(self) -> None:
        trainer, plan = self._run.trainer, self._run.plan
        while trainer.step_number < plan.steps:
            if trainer.step_number % plan.every == 0:
                self._measure()
            self._step()
            self._stop_if_told()
        self._measure()

    def _step(self) -> None:
        trainer, plan = self._run.trainer, self._run.plan
        rate, start = trainer.learning_rate, time.perf_counter()
        losses = trainer.step()
        tokens = plan.windows_a_step * plan.length
        entry = Trained(
            step=trainer.step_number,
            loss=losses.total,
            soft_targets=losses.soft,
            language_model=losses.language,
            hidden_states=losses.hidden,
            learning_rate=rate,
            tokens_per_second=round(tokens / (time.perf_counter() - start), 1),
        )
        self._journal.add(entry)
        self._training.trained(entry)

    def _measure(self) -> None:
        """Measure the held-out texts where this was not done yet, draw the curve, keep a checkpoint."""
        run, journal = self._run, self._journal
        step = run.trainer.step_number
        if not any(entry.step == step for entry in journal.measured):
            teacher = next((entry.teacher_bits_per_byte for entry in journal.measured), None)
            if teacher is None:
                teacher = self._bits_per_byte(run.teacher)
            entry = Measured(step, self._bits_per_byte(run.trainer.student), teacher)
            journal.add(entry)
            self._training.measured(entry)
        curve = loss_curve(journal.trained, journal.measured, run.plan)
        run.folder.replace(run.folder.curve, lambda part: part.write_text(curve, "utf-8"))
        self._keep_checkpoint()

    def _bits_per_byte(self, model: Model) -> float:
        def tick(done: int, total: int) -> None:
            self._training.measuring(done, total)
            self._stop_if_told()

        plan = self._run.plan
        return bits_per_byte(
            model,
            self._run.texts,
            length=plan.length,
            batch_size=plan.batch_size,
            device=str(model.device),
            tick=tick,
        )

    def _stop_if_told(self) -> None:
        if self._stop():
            self._keep_checkpoint()
            raise StoppedError(self._run.trainer.step_number)

    def _keep_checkpoint(self) -> None:
        self._run.folder.keep_checkpoint(self._run.trainer.state())
