"""`training.jsonl`: what every step and every evaluation of a run gave, a line each, for people and programs.

A run that goes on from step n drops the lines of later steps: it makes them again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Trained:
    """One step. The losses are means over its tokens, in nats but for `hidden_states`; `loss` is their
    weighted sum.
    """

    step: int  # steps made, this one included
    loss: float
    soft_targets: float
    language_model: float
    hidden_states: float
    learning_rate: float
    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class Measured:
    """Bits per byte of the held-out texts, after `step` steps."""

    step: int
    student_bits_per_byte: float
    teacher_bits_per_byte: float


Entry = Trained | Measured


class Journal:
    """The file, open for its next lines; `entries` is all that it holds. One process writes it."""

    def __init__(self, file: Path, done: int) -> None:
        """Goes on after `done` steps. Raises OSError."""
        self._file = file
        self.entries = [entry for entry in read_journal(file) if entry.step <= done]
        part = file.with_suffix(".part")
        part.write_text("".join(_line(entry) for entry in self.entries), "utf-8")
        os.replace(part, file)

    def __enter__(self) -> Self:
        self._out = self._file.open("a", encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._out.close()

    def add(self, entry: Entry) -> None:
        self._out.write(_line(entry))
        self._out.flush()
        self.entries.append(entry)

    @property
    def measured(self) -> list[Measured]:
        return [entry for entry in self.entries if isinstance(entry, Measured)]

    @property
    def trained(self) -> list[Trained]:
        return [entry for entry in self.entries if isinstance(entry, Trained)]


def read_journal(file: Path) -> list[Entry]:
    """The entries of a file; none where there is no file. A line cut short by a crash is passed over."""
    try:
        lines = file.read_text("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return list(_entries(lines))


def _entries(lines: list[str]) -> Iterable[Entry]:
    for line in lines:
        try:
            values = json.loads(line)
            yield Trained(**values) if "loss" in values else Measured(**values)
        except (ValueError, TypeError):
            continue


def _line(entry: Entry) -> str:
    return json.dumps(asdict(entry)) + "\n"
