"""A comparison from its beginning to its end: rounds over all models, with a child process for each model.

Every round measures all models in turn. So if the machine is busy for a while, no single model looks slow.
Only one model is in memory at a time. Quality is measured in the last round.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from foretype.compare.errors import MeasuringFailedError, StoppedError
from foretype.compare.figures import Quality, Round, Speed, medians
from foretype.compare.named import Named
from foretype.compare.task import MeasuringTask
from foretype.compare.texts import QualityTexts
from foretype.models.field_kind import FieldKind
from foretype.support.progress import Progress, ProgressStep
from foretype.support.settings import Settings

COMMAND = (sys.executable, "-m", "foretype.compare.child")


@dataclass(frozen=True, slots=True)
class MeasuredModel:
    """A model and its figures. `quality` is None if its weights are random."""

    model: Named
    speed: Speed
    quality: Quality | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The models to compare, and how they are measured."""

    models: Sequence[Named]
    texts: QualityTexts
    kind: FieldKind
    rounds: int
    settings: Settings


class Stop:
    """Whether the user stopped the comparison.

    A signal handler may call `ask`: it kills the child process, so the code that waits for the process
    continues. An exception raised in a signal handler could be lost in a library's code.
    """

    def __init__(self) -> None:
        self.asked = False
        self._process: subprocess.Popen[str] | None = None

    def ask(self) -> None:
        self.asked = True
        if self._process is not None:
            self._process.kill()

    def watch(self, process: subprocess.Popen[str]) -> None:
        """`process` is the one to kill from now on."""
        self._process = process
        if self.asked:
            process.kill()


def compare(
    comparison: Comparison, progress: Progress, stop: Stop
) -> tuple[list[MeasuredModel], list[MeasuringFailedError]]:
    """The models that were measured, and the errors of the others: if one fails, the others are still
    measured. Takes minutes.

    Raises StoppedError. Leaves no process behind.
    """
    rounds: dict[str, list[Round]] = {model.label: [] for model in comparison.models}
    failed: dict[str, MeasuringFailedError] = {}
    for number in range(1, comparison.rounds + 1):
        for model in comparison.models:
            if model.label in failed:
                continue
            last = number == comparison.rounds
            with progress.step(_step_name(model, number, comparison.rounds)) as step:
                try:
                    rounds[model.label].append(_measure(comparison, model, last, step, stop))
                except MeasuringFailedError as error:
                    failed[model.label] = error
    measured = [
        MeasuredModel(
            model,
            medians([each.speed for each in rounds[model.label]]),
            rounds[model.label][-1].quality,
        )
        for model in comparison.models
        if model.label not in failed
    ]
    return measured, list(failed.values())


def _step_name(model: Named, number: int, rounds: int) -> str:
    return f"{model.label}, round {number} of {rounds}" if rounds > 1 else model.label


def _measure(comparison: Comparison, model: Named, last: bool, step: ProgressStep, stop: Stop) -> Round:
    texts = comparison.texts if last and not model.random_weights else None
    task = MeasuringTask(model.prepared.folder, comparison.settings, comparison.kind, texts)
    # The child has a session of its own, so that Ctrl-C in the terminal reaches only this process, which
    # then kills the child.
    process = subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    stop.watch(process)
    try:
        return _receive(process, task, model, step)
    except MeasuringFailedError:
        if stop.asked:
            raise StoppedError from None
        raise
    finally:
        process.kill()
        process.communicate()


def _receive(process: subprocess.Popen[str], task: MeasuringTask, model: Named, step: ProgressStep) -> Round:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(task.to_json() + "\n")
        process.stdin.flush()
    except BrokenPipeError:
        pass  # the process has already ended; its exit code is reported below
    for line in process.stdout:
        message = json.loads(line)
        if "measured" in message:
            return Round.model_validate(message["measured"])
        if "failed" in message:
            raise MeasuringFailedError(model.label, message["failed"])
        step.advance(message["done"], message["total"])
    raise MeasuringFailedError(model.label, _reason_of_exit(process.wait()))


def _reason_of_exit(exit_code: int) -> str:
    if exit_code == -9:
        return "the operating system killed its process, probably because memory ran out"
    return f"its process ended with exit code {exit_code} before it had finished"
