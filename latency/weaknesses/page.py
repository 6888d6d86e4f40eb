"""What a page learns of a suggestion, tried in Chromium with the checkout's own extension."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from latency.errors import MeasurementError
from latency.paths import ROOT
from latency.weaknesses.trial import Found, Trial

EXTENSION = ROOT / "extension"
TESTS = Path("test") / "browser"
WAYS = ("learns-nothing.spec.ts", "ways.ts")
"""The tests of this checkout, which also run with the fixtures of the earlier commit."""
STEPS = (
    ("npx", "wxt", "prepare"),
    ("npx", "wxt", "build", "-b", "chrome", "--mv3"),
    ("npx", "vite", "build", "--config", "test/browser/pages/vite.config.ts"),
)
RUN = ("npx", "playwright", "test", "learns-nothing", "--retries", "0", "--reporter", "json")


class NoBrowserTestsError(MeasurementError):
    """The tests cannot be run. The message says why."""


async def page_learns_nothing(trial: Trial, texts: Sequence[str]) -> Found:
    folder = trial.checkout.program.root / "extension"
    if folder != EXTENSION:
        _prepare(folder)
    for step in STEPS:
        _run(step, folder)
    report = json.loads(_run(RUN, folder, may_fail=True))
    passed, failed = report["stats"]["expected"], report["stats"]["unexpected"]
    if not passed:  # then something else than the suggestion is wrong
        raise NoBrowserTestsError(f"No test of {folder / TESTS / WAYS[0]} passes: run them there by hand.")
    return Found(failed == 0, f"a page learns something in {failed} of {passed + failed} ways")


def _prepare(folder: Path) -> None:
    """Lends this checkout's packages and tests to the other one."""
    packages = folder / "node_modules"
    if not packages.exists():
        packages.symlink_to(EXTENSION / "node_modules")
    for name in WAYS:
        shutil.copy(EXTENSION / TESTS / name, folder / TESTS / name)


def _run(command: Sequence[str], folder: Path, *, may_fail: bool = False) -> str:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except OSError as error:
        raise NoBrowserTestsError(f"{command[0]} cannot be run: {error.strerror}.") from error
    if done.returncode and not may_fail:
        raise NoBrowserTestsError(f"`{' '.join(command)}` failed in {folder}: {done.stderr.strip()[-300:]}")
    return done.stdout
