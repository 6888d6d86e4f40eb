"""What a connection talks to: an `Engine`, and a `Desk` of its own. Contracts only; `foretype.engine.local`
implements them.

Every method is called on the event loop and returns at once: the model runs elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from foretype.engine.keystroke import Keystroke, Suggestion


class FailureCode(StrEnum):
    """Why a keystroke got no suggestion at all (the wire's error codes that the engine can cause)."""

    OVERLOADED = "overloaded"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer that is an error. `message` says what to do and never holds typed text."""

    code: FailureCode
    message: str


class Answer(Protocol):
    """How answers come back: on the event loop, any number with `final=False`, then exactly one with
    `final=True`.

    A keystroke that a later one of its field has overtaken may get none.
    """

    def __call__(
        self, field: str, seq: int, outcome: Suggestion | Failure, *, final: bool, elapsed_ms: float
    ) -> None: ...


class Desk(Protocol):
    """The fields of one connection, each named by a string that the client chose."""

    def keystroke(self, field: str, keystroke: Keystroke) -> None:
        """Take the newest state of a field; work for its older states is dropped."""

    def accepted(self, field: str, seq: int, text: str) -> None:
        """The typist took `text` of the suggestion for `seq`."""

    def dismissed(self, field: str, seq: int) -> None:
        """The typist wants nothing shown at this spot."""

    def forget(self, field: str) -> None:
        """The field is gone; unknown names are ignored."""

    def close(self) -> None:
        """The connection is gone: no answer is given after this."""


class Engine(Protocol):
    model: str  # the recipe's name
    provider: str  # "CPUExecutionProvider", …

    def open(self, answer: Answer) -> Desk:
        """A desk for a new connection."""

    async def broken(self) -> str:
        """Mostly never returns; else it serves nobody any more: why, in a sentence that says what to do."""

    async def close(self) -> None:
        """Stop the model thread; desks answer nothing after this."""
