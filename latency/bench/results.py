"""Runs a stage, and keeps its result in a file until its next run."""

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
from latency.command import LIMIT_MISSED
from latency.errors import MeasurementError
from latency.machine import machine
from latency.paths import ROOT


@dataclass(frozen=True, slots=True)
class Result:
    """`figures` are by table of budget.toml. The stage's figures that belong to no table have the name ""."""

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


class StageFailedError(MeasurementError):
    """A stage could not measure. Its output on the terminal says why."""

    def __init__(self, stage: Stage, exit_code: int) -> None:
        super().__init__(f"{stage.name} could not be measured (exit code {exit_code}). See its output above.")
        self.stage = stage


def run(stage: Stage) -> Result:
    """Runs the stage's command; its output goes to the terminal. Raises `StageFailedError`."""
    if stage.before:
        _python(stage, *stage.before)
    stage.figures.unlink(missing_ok=True)
    began = time.perf_counter()
    _python(stage, stage.module, *stage.arguments())
    seconds = time.perf_counter() - began
    if not stage.figures.is_file():
        raise StageFailedError(stage, 0)
    content = json.loads(stage.figures.read_text("utf-8"))
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return Result(machine(), today, stage.command, seconds, _figures(stage, content), _facts(content))


def _python(stage: Stage, module: str, *arguments: str) -> None:
    code = subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, check=False).returncode
    if code not in (0, LIMIT_MISSED):
        raise StageFailedError(stage, code)


def _figures(stage: Stage, content: Mapping[str, Any]) -> dict[str, Mapping[str, float | None]]:
    """If the file has a member with the name of a table, such as `overload`, its figures are for this table.
    A list with this name is something else.
    """
    flat = content.get("flat", {})
    own = {name: table for name, table in content.items() if isinstance(table, Mapping)}
    return {"": flat} | {name: own.get(name, flat) for name in stage.budgets}


def _facts(content: Mapping[str, object]) -> dict[str, str]:
    return {"model": str(content["model"])} if "model" in content else {}
