"""`training.jsonl`: a line of JSON for each training step and for each evaluation of a run.

If a run continues from step n, the lines of later steps are removed: these steps are made again.
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
class TrainingStep:
    """One step. Its losses are means over its tokens: `hidden_states` is a cosine distance, the others are
    in nats. `loss` is their weighted sum.
    """

    step: int  # counted from 1
    loss: float
    soft_targets: float
    language_model: float
    hidden_states: float
    learning_rate: float
    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Bits per byte of the held-out texts, after `step` steps."""

    step: int
    student_bits_per_byte: float
    teacher_bits_per_byte: float


Entry = TrainingStep | Evaluation


class Journal:
    """The file, open for its next lines. `entries` are all its lines. Only one process may write it."""

    def __init__(self, file: Path, done: int) -> None:
        """Keep the lines up to step `done`. Raises OSError."""
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
    def evaluations(self) -> list[Evaluation]:
        return [entry for entry in self.entries if isinstance(entry, Evaluation)]

    @property
    def steps(self) -> list[TrainingStep]:
        return [entry for entry in self.entries if isinstance(entry, TrainingStep)]


def read_journal(file: Path) -> list[Entry]:
    """The entries of a file. Empty if there is no file. A line that a crash has cut off is ignored."""
    try:
        lines = file.read_text("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return list(_entries(lines))


def _entries(lines: list[str]) -> Iterable[Entry]:
    for line in lines:
        try:
            values = json.loads(line)
            yield TrainingStep(**values) if "loss" in values else Evaluation(**values)
        except (ValueError, TypeError):
            continue


def _line(entry: Entry) -> str:
    return json.dumps(asdict(entry)) + "\n"
