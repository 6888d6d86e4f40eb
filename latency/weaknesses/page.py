"""What a page learns of a suggestion, tried in Chromium with the checkout's own extension."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from latency.errors import MeasurementError
from latency.extension import BUILD, EXTENSION, lend_packages, run_in
from latency.weaknesses.trial import Found, Trial

TESTS = Path("test") / "browser"
WAYS = ("learns-nothing.spec.ts", "ways.ts")
"""The tests of this checkout, which also run with the fixtures of the earlier commit."""
PAGES = ("npx", "vite", "build", "--config", "test/browser/pages/vite.config.ts")
RUN = ("npx", "playwright", "test", "learns-nothing", "--retries", "0", "--reporter", "json")


class NoBrowserTestsError(MeasurementError):
    """The tests cannot be run. The message says why."""


async def page_learns_nothing(trial: Trial, texts: Sequence[str]) -> Found:
    """Raises `NoBrowserTestsError` and `ExtensionUnavailableError`."""
    folder = trial.checkout.program.root / "extension"
    lend_packages(folder)
    if folder != EXTENSION:
        for name in WAYS:
            shutil.copy(EXTENSION / TESTS / name, folder / TESTS / name)
    for step in (*BUILD, PAGES):
        run_in(folder, step)
    report = json.loads(run_in(folder, RUN, may_fail=True))
    passed, failed = report["stats"]["expected"], report["stats"]["unexpected"]
    if not passed:  # then something else than the suggestion is wrong
        raise NoBrowserTestsError(f"No test of {folder / TESTS / WAYS[0]} passes: run them there by hand.")
    return Found(failed == 0, f"a page learns something in {failed} of {passed + failed} ways")
