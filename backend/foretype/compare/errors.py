"""Errors of a comparison. The command line adds commands to copy (`foretype.cli.sentences`)."""

from __future__ import annotations

from pathlib import Path


class CompareError(Exception):
    """`str()` is a sentence for the user; the command line prints it without a stack trace."""


class NotPreparedError(CompareError):
    """The given name or folder is not that of a prepared model."""


class RecipeNotPreparedError(NotPreparedError):
    """A recipe's model has not been prepared yet."""

    def __init__(self, name: str, models_dir: Path) -> None:
        super().__init__(f"{name} is not prepared yet.")
        self.name = name
        self.models_dir = models_dir


class FolderNotPreparedError(NotPreparedError):
    """A folder holds a transformers model, which has not been prepared yet."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} holds a transformers model that is not prepared yet.")
        self.folder = folder


class NothingToReadError(CompareError):
    """The folder of texts gives nothing to measure quality on."""


class MeasuringFailedError(CompareError):
    """The process that measured a model ended without its figures."""

    def __init__(self, model: str, reason: str) -> None:
        super().__init__(f"{model} could not be measured: {reason}.")
        self.model = model
        self.reason = reason


class StoppedError(Exception):
    """The person asked to stop."""
