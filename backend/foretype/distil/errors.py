"""What can go wrong with a distillation, each as a sentence that says what to do."""

from __future__ import annotations

from pathlib import Path


class DistilError(Exception):
    """`str()` is the sentence for the person who asked for it; the command line prints it, no stack trace."""


class BadTeacherError(DistilError):
    """The teacher's folder holds no model that can be distilled."""


class BadTextsError(DistilError):
    """The folder of texts gives too little to train on, or to measure on."""


class BadPlanError(DistilError):
    """What was asked for does not fit the teacher or itself."""


class OutFolderError(DistilError):
    """The folder for the student holds something else, or another run."""


class OtherRunError(OutFolderError):
    def __init__(self, folder: Path, differences: list[str]) -> None:
        super().__init__(
            f"{folder} holds another run: {'; '.join(differences)}. Leave these options out to go on with "
            "that run, or name another folder in --out."
        )
        self.differences = differences


class CheckpointError(DistilError):
    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(
            f"The checkpoint {file} cannot be read ({reason}). Remove it to begin this run again from its "
            "first step."
        )


class NotANumberError(DistilError):
    def __init__(self, step: int) -> None:
        super().__init__(
            f"The loss of step {step} is not a number any more. Begin again with a lower --learning-rate."
        )
        self.step = step


class DistilDiskFullError(DistilError):
    def __init__(self, folder: Path, needed: int | None = None, free: int | None = None) -> None:
        figures = (
            f": {needed / 1e9:.2f} GB are needed, {free / 1e9:.2f} GB are free"
            if needed is not None and free is not None
            else ""
        )
        super().__init__(
            f"The disk that holds {folder} is full{figures}. Free some space and run it again with --resume: "
            "it goes on from the last checkpoint."
        )


class StoppedError(Exception):
    """The person asked to stop; a checkpoint of `step` is on the disk."""

    def __init__(self, step: int) -> None:
        super().__init__(f"stopped after step {step}")
        self.step = step
