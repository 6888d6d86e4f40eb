"""The JSON file that each command writes its figures to. It never holds a text that was typed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from latency.machine import machine


def write_figures(file: Path, figures: Mapping[str, object]) -> None:
    """Writes `figures` and the machine. `latency.bench` reads the member `flat`: figures by their names in
    budget.toml.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"machine": machine()} | dict(figures), indent=1) + "\n", "utf-8")
