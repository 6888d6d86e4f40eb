"""The progress of work that takes long. Packages know only this protocol, and the command line draws it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class ProgressStep(Protocol):
    """One step of the work, between entering `Progress.step` and leaving it."""

    def advance(self, done: float, total: float) -> None:
        """`done` of `total`, in any unit, both counted from the beginning of the step."""


class Progress(Protocol):
    def step(self, what: str) -> AbstractContextManager[ProgressStep]:
        """Begin a step that ends when the context is left. `what` is a phrase like “download the weights”."""

    def say(self, line: str) -> None:
        """Print a line that stays on the screen."""


class _SilentStep:
    def advance(self, done: float, total: float) -> None:
        return


class _Silent:
    @contextmanager
    def step(self, what: str) -> Iterator[ProgressStep]:
        yield _SilentStep()

    def say(self, line: str) -> None:
        return


SILENT: Progress = _Silent()
"""Reports nothing: for tests, and for callers that print lines of their own."""
