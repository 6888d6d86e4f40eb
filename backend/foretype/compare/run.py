"""A comparison from its beginning to its end: rounds over all models, a child process for each.

All models have their turn in each round, so a machine that is busy for a while slows none of them alone; one
model is in memory at a time. Quality is measured in the last round.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from foretype.compare import child
from foretype.compare.errors import MeasuringFailedError, StoppedError
from foretype.compare.figures import Quality, Round, Speed, typical
from foretype.compare.named import Named
from foretype.compare.texts import Texts
from foretype.models.field_kind import FieldKind
from foretype.support.progress import Progress, ProgressStep
from foretype.support.settings import Settings

COMMAND = (sys.executable, "-m", "foretype.compare.child")


@dataclass(frozen=True, slots=True)
class Compared:
    """A model and its figures; without quality where its weights are random."""

    model: Named
    speed: Speed
    quality: Quality | None


@dataclass(frozen=True, slots=True)
class Asked:
    models: Sequence[Named]
    texts: Texts
    kind: FieldKind
    rounds: int
    settings: Settings


class Stop:
    """Whether the person wants no more. A signal handler may ask: the process at work is ended, and whoever
    waits for it wakes up. An exception out of a handler would be lost in a library's own code.
    """

    def __init__(self) -> None:
        self.asked = False
        self._process: subprocess.Popen[str] | None = None

    def ask(self) -> None:
        self.asked = True
        if self._process is not None:
            self._process.kill()

    def watch(self, process: subprocess.Popen[str]) -> None:
        """`process` is at work now."""
        self._process = process
        if self.asked:
            process.kill()


def compare(
    asked: Asked, progress: Progress, stop: Stop
) -> tuple[list[Compared], list[MeasuringFailedError]]:
    """Those that were measured, and why others were not: one that fails leaves the others' figures. Minutes.

    Raises StoppedError; leaves no process behind.
    """
    rounds: dict[str, list[Round]] = {model.label: [] for model in asked.models}
    failed: dict[str, MeasuringFailedError] = {}
    for number in range(1, asked.rounds + 1):
        for model in asked.models:
            if model.label in failed:
                continue
            what = f"{model.label}, round {number} of {asked.rounds}" if asked.rounds > 1 else model.label
            with progress.step(what) as step:
                try:
                    rounds[model.label].append(_measure(asked, model, number == asked.rounds, step, stop))
                except MeasuringFailedError as error:
                    failed[model.label] = error
    measured = [
        Compared(
            model,
            typical([one.speed for one in rounds[model.label]]),
            rounds[model.label][-1].quality,
        )
        for model in asked.models
        if model.label not in failed
    ]
    return measured, list(failed.values())


def _measure(asked: Asked, model: Named, last: bool, step: ProgressStep, stop: Stop) -> Round:
    texts = asked.texts if last and not model.random_weights else None
    task = child.task(str(model.prepared.folder), asked.settings, asked.kind, texts)
    # A session of its own: Ctrl-C at the terminal reaches this process alone, which then ends the child.
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
        return _listen(process, task, model, step)
    except MeasuringFailedError:
        if stop.asked:
            raise StoppedError from None
        raise
    finally:
        process.kill()
        process.communicate()


def _listen(process: subprocess.Popen[str], task: str, model: Named, step: ProgressStep) -> Round:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(task + "\n")
        process.stdin.flush()
    except BrokenPipeError:
        pass  # it has ended already: why is said below
    for line in process.stdout:
        said = json.loads(line)
        if "measured" in said:
            return Round.model_validate(said["measured"])
        if "failed" in said:
            raise MeasuringFailedError(model.label, said["failed"])
        step.advance(said["done"], said["total"])
    raise MeasuringFailedError(model.label, _how_it_ended(process.wait()))


def _how_it_ended(exit_code: int) -> str:
    if exit_code == -9:
        return "the system ended its process, as it does where memory runs out"
    return f"its process ended with exit code {exit_code} before it was done"
