"""The contract between a connection and the engine: an `Engine`, and one `Desk` for each connection.
`foretype.engine.local` and `foretype.engine.desk` implement it for one model, `foretype.engine.several` for
several.

Every method is called on the event loop and returns at once: the model runs on a thread of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from foretype.engine.keystroke import Keystroke, Suggestion


class FailureCode(StrEnum):
    """The reasons why a keystroke's answer is an error: the error codes of the protocol that the engine
    causes.
    """

    OVERLOADED = "overloaded"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer that is an error. `message` says what happened and what to do; it never holds typed text."""

    code: FailureCode
    message: str


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner of keystrokes. Tokens share the model's time equally, and the people of one token share its
    part (`foretype.engine.shares`).

    token: the id of the client that the token belongs to. person: the person, if several people have the same
    token; else the same as `token`.
    """

    token: str
    person: str

    @classmethod
    def alone(cls, token: str) -> Owner:
        """The only person with this token."""
        return cls(token, token)


class Answer(Protocol):
    """Receives the answers to a keystroke, on the event loop: any number with `final=False`, then exactly one
    with `final=True`. A keystroke that a later one of its field has overtaken may get none.

    elapsed_ms: milliseconds since the keystroke came.
    """

    def __call__(
        self, field: str, seq: int, outcome: Suggestion | Failure, *, final: bool, elapsed_ms: float
    ) -> None: ...


class Desk(Protocol):
    """The fields of one connection, each named by a string that the client chose."""

    def keystroke(self, field: str, keystroke: Keystroke) -> None:
        """Take the newest state of a field; work for its older states is dropped. `keystroke.model` must be
        one of the engine's models, or None. If it is not that of the field's last keystroke, the field starts
        anew.

        Raises nothing: if the engine fails at a keystroke, it logs the error and answers with a `Failure`.
        """

    def accepted(self, field: str, seq: int, text: str) -> None:
        """The user took `text` of the suggestion for `seq`."""

    def dismissed(self, field: str, seq: int) -> None:
        """The user has dismissed the suggestion for `seq`: suggest nothing until the next word begins."""

    def forget(self, field: str) -> None:
        """The field is closed. Unknown names are ignored."""

    def close(self) -> None:
        """The connection is closed: no answer is given after this."""


class Engine(Protocol):
    model: str  # the name of its folder; of the default one, if there are several
    provider: str  # "CPUExecutionProvider", …; of the default model
    models: Mapping[str, str]  # all of them with their providers, the default one first

    def knows(self, word: str) -> bool:
        """Whether a word is an ordinary one to the default model. Any thread may call it."""

    def forget_words(self, person: str) -> None:
        """All own words of a person (`Owner.token`) were forgotten: use none of them from now on."""

    def open(self, owner: Owner, answer: Answer) -> Desk:
        """A desk for a new connection of `owner`, who may have several."""

    async def broken(self) -> str:
        """Returns only if the engine can no longer serve: a sentence that says why and what to do."""

    async def close(self) -> None:
        """Stop the thread that runs the models. No desk gives an answer after this."""
