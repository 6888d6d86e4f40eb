"""A supervisor in memory, and the programs of a system with answers that a test chooses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from foretype.supervise.programs import Ended
from foretype.supervise.supervisor import CannotSuperviseError, State


class FakeSupervisor:
    name = "a supervisor"
    log = "its log is nowhere"
    restart_command = "supervisor restart"

    def __init__(self, folder: Path) -> None:
        self.file = folder / "services" / "foretype"
        self.now = State.STOPPED
        self.starts = 0
        self.refuses_to_start = False
        self.unusable: str | None = None

    def check(self) -> None:
        if self.unusable is not None:
            raise CannotSuperviseError(self.unusable)

    def definition(self, program: Sequence[str]) -> bytes:
        return json.dumps(list(program)).encode()

    def program(self, definition: bytes) -> list[str]:
        words: list[str] = json.loads(definition)
        return words

    def start(self) -> None:
        if self.refuses_to_start:
            raise CannotSuperviseError("It refuses.")
        self.starts += 1
        self.now = State.RUNNING

    def state(self) -> State:
        return self.now

    def forget(self) -> None:
        self.now = State.STOPPED

    def forgotten(self) -> None:
        assert not self.file.exists()


class Programs:
    """Keeps the commands. A command that contains a key of `answers` gets its answer, others succeed."""

    def __init__(self, answers: dict[str, Ended] | None = None) -> None:
        self.answers = answers or {}
        self.calls: list[str] = []

    def __call__(self, words: Sequence[str]) -> Ended:
        call = " ".join(words)
        self.calls.append(call)
        return next((answer for key, answer in self.answers.items() if key in call), Ended(0, ""))
