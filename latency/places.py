"""Where the measurements find things and leave things. What they leave is in no commit."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "latency" / "out"
MAILS = ROOT.parent / "shared" / "corpus" / "email"
