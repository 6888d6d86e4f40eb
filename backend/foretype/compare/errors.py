"""What can go wrong with a comparison, each as a sentence that says what to do."""

from __future__ import annotations


class CompareError(Exception):
    """`str()` is the sentence for the person who asked for it; the command line prints it, no stack trace."""


class NotPreparedError(CompareError):
    """What was named is no prepared model."""


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
