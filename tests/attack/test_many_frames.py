"""Thousands of valid, odd and wrong frames from several connections: those of `latency.endurance.frames`."""

from __future__ import annotations

import asyncio
import io

from foretype.support import logs
from latency.endurance.made_frames import Sort
from latency.endurance.place import Place
from latency.endurance.storm import storm
from tests.attack.conftest import Attacked
from tests.server.conftest import TOKEN, Start

TEXTS = ["The text that is typed has some words. " * 10]


async def test_each_wrong_frame_gets_an_error_and_the_server_stays_well(start: Start) -> None:
    written = io.StringIO()
    logs.configure("debug", written)
    logs.quiet_loop(asyncio.get_running_loop())
    async with start(keystrokes_per_second=100_000, keystroke_burst=1_000_000) as running:
        place = Place(running.http, running.url("").rstrip("/"), TOKEN, TEXTS)
        tally = await storm(place, 12_000, connections=3, seed=1, progress=lambda: None)
        await Attacked(running, written).is_well()
    assert (tally.unanswered, tally.lost) == (0, 0)
    assert tally.errors.keys() == {"bad_message", "text_too_long"}
    assert tally.errors.total() == tally.sent[Sort.WRONG]
    assert tally.closed.total() == tally.sent[Sort.ENDING] > 0
    assert tally.closed.keys() <= {1002, 1009}
