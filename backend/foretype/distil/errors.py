"""Errors of a distillation. `str()` of each says what happened and what to do."""

from __future__ import annotations

from pathlib import Path


class DistilError(Exception):
    """`str()` is a sentence for the user; the command line prints it without a stack trace."""


class BadTeacherError(DistilError):
    """The teacher's folder holds no model that can be distilled."""


class BadTextsError(DistilError):
    """The folder of texts holds too little to train on or to measure on."""


class BadPlanError(DistilError):
    """The options do not fit the teacher or each other."""


class OutFolderError(DistilError):
    """The folder for the student holds something else, or another run."""


class OtherRunError(OutFolderError):
    """The run in the folder has other settings than those that the user gave. `differences` names them."""

    def __init__(self, folder: Path, differences: list[str]) -> None:
        super().__init__(
            f"{folder} holds another run: {'; '.join(differences)}. To continue that run, give the same "
            "teacher and texts and leave these options out. To start a new run, name another folder in --out."
        )
        self.differences = differences


class CheckpointError(DistilError):
    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(
            f"The checkpoint {file} cannot be read ({reason}). Remove it to begin this run again from its "
            "first step."
        )


class NotANumberError(DistilError):
    """The loss of a step is infinite or not a number."""

    def __init__(self, step: int) -> None:
        super().__init__(
            f"The loss of step {step} is not a number. Begin again with a lower --learning-rate."
        )
        self.step = step


class DistilDiskFullError(DistilError):
    """`needed` and `free` are in bytes."""

    def __init__(self, folder: Path, needed: int | None = None, free: int | None = None) -> None:
        figures = (
            f": {needed / 1e9:.2f} GB are needed, {free / 1e9:.2f} GB are free"
            if needed is not None and free is not None
            else ""
        )
        super().__init__(
            f"The disk that holds {folder} is full{figures}. Free some space and run the command again with "
            "--resume: the run continues from the last checkpoint."
        )


class StoppedError(Exception):
    """The user stopped the run. A checkpoint of `step` is on the disk."""

    def __init__(self, step: int) -> None:
        super().__init__(f"stopped after step {step}")
        self.step = step
