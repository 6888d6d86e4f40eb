"""How long work says what it is doing. The library knows this protocol only; the command line draws it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Step(Protocol):
    """One thing being done, between the entry of `Progress.step` and its exit."""

    def advance(self, done: float, total: float) -> None:
        """`done` of `total`, in any unit, both counted from the step's beginning."""


class Progress(Protocol):
    def step(self, what: str) -> AbstractContextManager[Step]:
        """Begin a step; leaving the context ends it. `what` reads as “download the weights”."""

    def say(self, line: str) -> None:
        """A line that stays on the screen."""


class _SilentStep:
    def advance(self, done: float, total: float) -> None:
        return


class _Silent:
    @contextmanager
    def step(self, what: str) -> Iterator[Step]:
        yield _SilentStep()

    def say(self, line: str) -> None:
        return


SILENT: Progress = _Silent()
"""Says nothing: for tests, and for callers that have their own words."""
