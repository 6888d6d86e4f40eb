"""HAProxy, which is installed if it is missing and may be installed here."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

NEED = Path(__file__).resolve().parents[2] / "tools" / "need"


@pytest.fixture(scope="session")
def haproxy_program() -> str:
    path = "/usr/sbin:/usr/local/sbin:/opt/homebrew/bin"
    found = shutil.which("haproxy") or shutil.which("haproxy", path=path)
    if found is None:
        needed = subprocess.run([str(NEED), "haproxy"], capture_output=True, text=True)
        found = shutil.which("haproxy", path=path)
        if found is None:
            pytest.skip(needed.stderr or "HAProxy is needed here")
    return found
