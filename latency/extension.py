"""The extension of a checkout: its packages, its build, and the npm programs that run in its folder."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from latency.errors import MeasurementError
from latency.paths import ROOT

EXTENSION = ROOT / "extension"
BUILD = (("npx", "wxt", "prepare"), ("npx", "wxt", "build", "-b", "chrome", "--mv3"))
BUILT = Path(".output") / "chrome-mv3"


class ExtensionUnavailableError(MeasurementError):
    """The extension cannot be built, or one of its programs cannot be run. The message says why."""


def lend_packages(folder: Path) -> None:
    """Lets the extension of another checkout use the packages of this one."""
    packages = folder / "node_modules"
    if folder != EXTENSION and not packages.exists():
        packages.symlink_to(EXTENSION / "node_modules")


def run_in(
    folder: Path,
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    *,
    may_fail: bool = False,
) -> str:
    """What `command` prints. `environment`: more variables. Raises `ExtensionUnavailableError`."""
    more = os.environ | (environment or {})
    try:
        done = subprocess.run(command, cwd=folder, env=more, capture_output=True, text=True, check=False)
    except OSError as error:
        raise ExtensionUnavailableError(f"{command[0]} cannot be run: {error.strerror}.") from error
    if done.returncode and not may_fail:
        said = (done.stderr.strip() or done.stdout.strip())[-500:]
        raise ExtensionUnavailableError(f"`{' '.join(command)}` failed in {folder}: {said}")
    return done.stdout
