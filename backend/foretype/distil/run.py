"""A run from its folders to the student: begin or continue it, train, evaluate, save."""

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
from foretype.distil.evaluate import bits_per_byte
from foretype.distil.journal import Evaluation, Journal, TrainingStep
from foretype.distil.layers import chosen_layers
from foretype.distil.plan import PlanOptions, TrainingPlan, check_options, new_plan
from foretype.distil.run_folder import RunFolder
from foretype.distil.student import make_student, write_student
from foretype.distil.teacher import Model, TeacherFolder, inspect_teacher, load_teacher, load_tokeniser
from foretype.distil.texts import TokenisedTexts, open_tokens, write_tokens
from foretype.distil.trainer import Trainer, bytes_of_checkpoint
from foretype.prepare.quiet import quiet
from foretype.support.progress import Progress


class TrainingProgress(Protocol):
    """Receives what the training loop has done."""

    def trained(self, entry: TrainingStep) -> None: ...
    def measuring(self, done: int, total: int) -> None: ...
    def measured(self, entry: Evaluation) -> None: ...


class RunProgress(Protocol):
    """Receives what a run does; the command line draws it."""

    def preparing(self) -> AbstractContextManager[Progress]: ...
    def training(self, plan: TrainingPlan, done: int) -> AbstractContextManager[TrainingProgress]: ...


@dataclass(frozen=True, slots=True)
class RunRequest:
    """The options of one call of the command. `device` is PyTorch's name for it."""

    teacher: Path
    texts: Path
    out: Path
    options: PlanOptions
    resume: bool = False
    device: str = "cpu"
    threads: int = 1  # of the processor


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run whose student is in `folder`, with its first and its last evaluation."""

    folder: Path
    plan: TrainingPlan
    first: Evaluation
    last: Evaluation


def distil(request: RunRequest, progress: RunProgress, stop: Callable[[], bool]) -> FinishedRun:
    """Make the student, or continue a run that was interrupted. `stop` is called between steps.

    Raises DistilError. Raises StoppedError if `stop` returned True; a checkpoint is on the disk then. Only
    one process may work on a folder.
    """
    folder = RunFolder(request.out)
    torch.set_num_threads(request.threads)
    with quiet(), folder.disk_full_errors():
        teacher = inspect_teacher(request.teacher)
        with folder.locked():
            with progress.preparing() as preparing:
                plan = _plan(request, folder, teacher, preparing)
                if folder.finished:
                    folder.remove_run_files()
                    return _finished_run(folder, plan)
                run = _load(folder, plan, teacher, request.device, preparing)
            return _train(run, progress, stop)


def _plan(request: RunRequest, folder: RunFolder, teacher: TeacherFolder, progress: Progress) -> TrainingPlan:
    """The plan of the run in the folder, if the request asks for that run. Otherwise a new plan, whose
    tokens have been written.
    """
    plan = folder.plan()
    if plan is None:
        return _new_plan(request, folder, teacher, progress)
    if not folder.started:
        continues = request.resume and not plan.differences(request.options, teacher, request.texts)
        return plan if continues else _new_plan(request, folder, teacher, progress)
    if not request.resume:
        if folder.finished:
            raise OutFolderError(f"{request.out} holds a finished student. Name another folder in --out.")
        raise OutFolderError(
            f"{request.out} holds a run that is not finished. Continue it with --resume, or name another "
            "folder in --out."
        )
    differences = plan.differences(request.options, teacher, request.texts)
    if differences:
        raise OtherRunError(request.out, differences)
    return plan


def _new_plan(
    request: RunRequest, folder: RunFolder, teacher: TeacherFolder, progress: Progress
) -> TrainingPlan:
    check_options(request.options, teacher)
    with progress.step("read the tokeniser"):
        tokeniser = load_tokeniser(teacher)
    with progress.step("tokenise the texts") as step:
        folder.replace_tokens(
            lambda part: write_tokens(request.texts, tokeniser.encode, tokeniser.begin, part, step)
        )
    summary = open_tokens(folder.tokens).summary
    for left_out in summary.left_out:
        progress.say(f"Left out {left_out.file}: {left_out.reason}.")
    plan = new_plan(request.options, teacher, request.texts, summary)
    folder.save_plan(plan)
    return plan


def _finished_run(folder: RunFolder, plan: TrainingPlan) -> FinishedRun:
    evaluations = Journal(folder.journal, plan.steps).evaluations
    if not evaluations:
        raise OutFolderError(
            f"{folder.out} holds a student, but {folder.journal.name} holds no evaluation of it. Name "
            "another folder in --out."
        )
    return FinishedRun(folder.out, plan, evaluations[0], evaluations[-1])


@dataclass(frozen=True, slots=True)
class _LoadedRun:
    """A run whose models and texts are in memory."""

    folder: RunFolder
    plan: TrainingPlan
    teacher_folder: TeacherFolder
    teacher: Model
    texts: TokenisedTexts
    trainer: Trainer


def _load(
    folder: RunFolder, plan: TrainingPlan, teacher_folder: TeacherFolder, device: str, progress: Progress
) -> _LoadedRun:
    """Load the run from its last checkpoint. A run without a checkpoint is at its beginning."""
    texts = open_tokens(folder.tokens)
    with progress.step("read the teacher"):
        teacher = load_teacher(teacher_folder).to(device)
    layers = chosen_layers(teacher_folder.layers, plan.layers)
    student = make_student(teacher, teacher_folder.family, layers).to(device)
    folder.require_space(2 * bytes_of_checkpoint(sum(value.numel() for value in student.parameters())))
    trainer = Trainer(plan, teacher, student, texts.train, device)
    state = folder.checkpoint()
    if state is not None:
        trainer.restore(state)
        progress.say(f"Continuing after step {trainer.steps_done} of {plan.steps}.")
    return _LoadedRun(folder, plan, teacher_folder, teacher, texts, trainer)


def _train(run: _LoadedRun, progress: RunProgress, stop: Callable[[], bool]) -> FinishedRun:
    """Train to the last step and put the student in place."""
    done = run.trainer.steps_done
    with Journal(run.folder.journal, done) as journal, progress.training(run.plan, done) as training:
        _TrainingLoop(run, journal, training, stop).run()
        run.folder.finish(lambda part: write_student(run.trainer.student, run.teacher_folder, part))
        evaluations = journal.evaluations
        return FinishedRun(run.folder.out, run.plan, evaluations[0], evaluations[-1])


class _TrainingLoop:
    """Trains and evaluates in turns, until the plan's last step or until `stop` returns True."""

    def __init__(
        self, run: _LoadedRun, journal: Journal, progress: TrainingProgress, stop: Callable[[], bool]
    ) -> None:
        self._run = run
        self._journal = journal
        self._progress = progress
        self._stop = stop

    def run(self) -> None:
        trainer, plan = self._run.trainer, self._run.plan
        while trainer.steps_done < plan.steps:
            if trainer.steps_done % plan.every == 0:
                self._evaluate()
            self._step()
            self._stop_if_asked()
        self._evaluate()

    def _step(self) -> None:
        trainer, plan = self._run.trainer, self._run.plan
        rate, start = trainer.learning_rate, time.perf_counter()
        losses = trainer.step()
        tokens = plan.windows_per_step * plan.length
        entry = TrainingStep(
            step=trainer.steps_done,
            loss=losses.total,
            soft_targets=losses.soft,
            language_model=losses.language,
            hidden_states=losses.hidden,
            learning_rate=rate,
            tokens_per_second=round(tokens / (time.perf_counter() - start), 1),
        )
        self._journal.add(entry)
        self._progress.trained(entry)

    def _evaluate(self) -> None:
        """Measure the held-out texts unless the journal has this step's evaluation, draw the curve, save a
        checkpoint.
        """
        run, journal = self._run, self._journal
        step = run.trainer.steps_done
        if not any(entry.step == step for entry in journal.evaluations):
            teacher = next((entry.teacher_bits_per_byte for entry in journal.evaluations), None)
            if teacher is None:
                teacher = self._bits_per_byte(run.teacher)
            entry = Evaluation(step, self._bits_per_byte(run.trainer.student), teacher)
            journal.add(entry)
            self._progress.measured(entry)
        curve = loss_curve(journal.steps, journal.evaluations, run.plan)
        run.folder.replace_file(run.folder.curve, lambda part: part.write_text(curve, "utf-8"))
        self._save_checkpoint()

    def _bits_per_byte(self, model: Model) -> float:
        def tick(done: int, total: int) -> None:
            self._progress.measuring(done, total)
            self._stop_if_asked()

        plan = self._run.plan
        return bits_per_byte(
            model,
            self._run.texts,
            length=plan.length,
            batch_size=plan.batch_size,
            device=str(model.device),
            tick=tick,
        )

    def _stop_if_asked(self) -> None:
        if self._stop():
            self._save_checkpoint()
            raise StoppedError(self._run.trainer.steps_done)

    def _save_checkpoint(self) -> None:
        self._run.folder.save_checkpoint(self._run.trainer.state())
