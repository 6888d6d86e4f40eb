"""Servers with the real model, stopped at random moments under load."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from random import Random

import pytest

from foretype.prepare.ensure import ensure_prepared
from foretype.support.settings import Settings
from latency.stops import Load, Moment, Stop, busy, stop_at_random


@pytest.mark.model
@pytest.mark.parametrize("seed", range(6))
async def test_a_server_that_is_stopped_at_a_random_moment_under_load_ends_well(
    tmp_path: Path, seed: int
) -> None:
    model = "smollm2-135m"
    await asyncio.to_thread(ensure_prepared, Settings(model=model))
    with busy(4):
        stop = await stop_at_random(
            {"FORETYPE_MODEL": model}, Random(seed), tmp_path / "log", Load(connections=3)
        )
    assert stop.has_right_code, stop


@pytest.mark.parametrize(
    ("moment", "twice", "code", "seconds", "clean"),
    [
        (Moment.TYPING, False, 0, 1.0, True),
        (Moment.TYPING, False, 0, 5.1, False),
        (Moment.TYPING, False, -signal.SIGABRT, 1.0, False),
        (Moment.TYPING, False, 130, 1.0, False),
        (Moment.TYPING, True, 130, 1.0, True),
        (Moment.LOADING, False, 130, 1.0, True),
        (Moment.LOADING, False, -signal.SIGSEGV, 1.0, False),
        (Moment.TYPING, False, None, 1.0, False),
    ],
)
def test_what_counts_as_a_clean_stop(
    moment: Moment, twice: bool, code: int | None, seconds: float, clean: bool
) -> None:
    assert Stop(moment, "SIGTERM", twice, code, seconds).is_clean is clean
