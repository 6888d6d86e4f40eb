"""The folders that measurements read and write. Nothing in `OUT` is committed."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "latency" / "out"
MAILS = ROOT.parent / "shared" / "corpus" / "email"
PYTHON_PATH = os.pathsep.join([str(ROOT / "backend"), str(ROOT)])
"""`PYTHONPATH` of a child process that imports `foretype` and `latency`."""
