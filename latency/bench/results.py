"""What a stage's run came to, kept as a file until the next run."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from latency.bench.stages import Stage
from latency.places import ROOT
from latency.replay.report import machine

COULD_NOT_RUN = 2  # the exit code of all these programs; 1 is a limit that was missed


@dataclass(frozen=True, slots=True)
class Result:
    """`figures` by budget table; that of no table are the stage's own. Empty where it could not run."""

    machine: str
    date: str
    command: str
    seconds: float
    figures: Mapping[str, Mapping[str, float | None]]
    facts: Mapping[str, str]

    @classmethod
    def read(cls, file: Path) -> Result | None:
        return cls(**json.loads(file.read_text("utf-8"))) if file.is_file() else None

    def write(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self), indent=1) + "\n", "utf-8")


class StageFailedError(Exception):
    """A stage could not measure; what it said is on the terminal."""

    def __init__(self, stage: Stage, exit_code: int) -> None:
        super().__init__(f"{stage.name} could not be measured (exit code {exit_code})")
        self.stage = stage


def run(stage: Stage) -> Result:
    """Its output goes to the terminal. Raises `StageFailedError`."""
    if stage.before:
        _python(stage, *stage.before)
    stage.figures.unlink(missing_ok=True)
    began = time.perf_counter()
    _python(stage, stage.module, *stage.arguments())
    seconds = time.perf_counter() - began
    if not stage.figures.is_file():
        raise StageFailedError(stage, 0)
    said = json.loads(stage.figures.read_text("utf-8"))
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return Result(machine(), today, stage.command, seconds, _figures(stage, said), _facts(said))


def _python(stage: Stage, module: str, *arguments: str) -> None:
    code = subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, check=False).returncode
    if code not in (0, 1):
        raise StageFailedError(stage, code)


def _figures(stage: Stage, said: Mapping[str, Any]) -> dict[str, Mapping[str, float | None]]:
    """A table with figures of its own, as `overload`, has them under its name; a list there is another
    thing.
    """
    flat = said.get("flat", {})
    own = {name: table for name, table in said.items() if isinstance(table, Mapping)}
    return {"": flat} | {name: own.get(name, flat) for name in stage.budgets}


def _facts(said: Mapping[str, object]) -> dict[str, str]:
    return {"model": str(said["model"])} if "model" in said else {}
