"""What Foretype needs from a supervisor: a program that starts the server at each login and restarts it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from pathlib import Path
from typing import Protocol


class CannotSuperviseError(Exception):
    """The supervisor is missing or has refused something. The message says what to do."""


class State(Enum):
    RUNNING = auto()
    STARTING = auto()
    """The supervisor starts the server now, or waits before it starts it again."""
    FAILED = auto()
    STOPPED = auto()


class Supervisor(Protocol):
    """One service of the current user, which a definition in one file describes."""

    name: str
    file: Path
    log: str
    """The place of the server's log, as the end of a sentence."""
    restart_command: str
    """A command that the user can copy. It also starts a stopped service."""

    def check(self) -> None:
        """Raises `CannotSuperviseError` if this supervisor cannot be used here."""

    def definition(self, program: Sequence[str]) -> bytes:
        """The file's content for a program with its arguments. The same program gives the same bytes."""

    def program(self, definition: bytes) -> list[str]:
        """The program of a definition that this class has made."""

    def start(self) -> None:
        """Read the file, start the service now and at each login. A running service is started again.

        Raises `CannotSuperviseError`.
        """

    def state(self) -> State:
        """The state of the installed service."""

    def forget(self) -> None:
        """Stop the service, and no longer start it at login. The caller deletes the file."""

    def forgotten(self) -> None:
        """Called after the file was deleted."""
