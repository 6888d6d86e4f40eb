"""Who gets the model next, and that one field's trouble is no other's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from foretype.deadline import Deadline
from foretype.runtime.arena import Arena
from foretype.runtime.chunk import Chunk, Logits
from foretype.runtime.thread import ModelThread
from foretype.scheduler import Scheduler
from foretype.tree.distribution import Distribution
from foretype.tree.trie import Run
from tests.scripted_model import GEOMETRY


class OneRun:
    """A field that wants one run, or none any more."""

    def __init__(self, name: str, log: list[str], *, overtaken: bool = False) -> None:
        self.name = name
        self.log = log
        self.overtaken = overtaken
        self.ended = asyncio.Event()

    def next_run(self) -> tuple[Arena, Run] | None:
        if self.overtaken:
            self.ended.set()
            return None
        chunk = Chunk(np.array([0]), np.array([0]), None, np.array([0]))
        return Arena(GEOMETRY, 4), Run(chunk, [])

    def record(self, run: Run, first_slot: int, distributions: Sequence[Distribution]) -> None:
        self.log.append(self.name)
        self.ended.set()

    def failed(self, error: Exception) -> None:
        self.log.append(f"{self.name}: {type(error).__name__}")
        self.ended.set()


class CountingRuntime:
    provider = "none"

    def __init__(self, fail_at: int = -1) -> None:
        self.runs = 0
        self.fail_at = fail_at

    def new_arena(self, capacity: int) -> Arena:
        return Arena(GEOMETRY, capacity)

    def run(self, arena: Arena, chunk: Chunk) -> Logits:
        self.runs += 1
        if self.runs == self.fail_at:
            raise RuntimeError("out of memory")
        return np.zeros((1, 1), np.float32)


async def serve(runtime: CountingRuntime, wants: list[tuple[OneRun, Deadline]]) -> None:
    thread: ModelThread[list[Distribution]] = ModelThread(runtime, lambda logits: [])
    scheduler = Scheduler(thread)
    for client, deadline in wants:
        scheduler.want(client, deadline)
    serving = asyncio.ensure_future(scheduler.serve())
    await asyncio.wait_for(asyncio.gather(*(client.ended.wait() for client, _ in wants)), 10)
    serving.cancel()
    await thread.stop()


async def test_the_earliest_deadline_goes_first_and_what_nobody_waits_for_last() -> None:
    log: list[str] = []
    late, never, soon = (OneRun(name, log) for name in ("late", "never", "soon"))
    await serve(
        CountingRuntime(), [(never, Deadline.whenever()), (late, Deadline(2.0)), (soon, Deadline(1.0))]
    )
    assert log == ["soon", "late", "never"]


async def test_what_was_overtaken_does_not_run() -> None:
    log: list[str] = []
    runtime = CountingRuntime()
    await serve(
        runtime,
        [(OneRun("gone", log, overtaken=True), Deadline(1.0)), (OneRun("there", log), Deadline(2.0))],
    )
    assert log == ["there"]
    assert runtime.runs == 1


async def test_a_run_that_fails_is_told_to_its_field_and_the_others_are_served() -> None:
    log: list[str] = []
    await serve(
        CountingRuntime(fail_at=1), [(OneRun("one", log), Deadline(1.0)), (OneRun("two", log), Deadline(2.0))]
    )
    assert log == ["one: RuntimeError", "two"]


async def test_a_field_that_cannot_say_what_it_wants_does_not_end_the_service() -> None:
    class Broken(OneRun):
        def next_run(self) -> tuple[Arena, Run] | None:
            raise ValueError("no room")

    log: list[str] = []
    await serve(
        CountingRuntime(), [(Broken("broken", log), Deadline(1.0)), (OneRun("two", log), Deadline(2.0))]
    )
    assert log == ["broken: ValueError", "two"]


async def test_asking_again_replaces_the_deadline() -> None:
    log: list[str] = []
    one, two = OneRun("one", log), OneRun("two", log)
    await serve(CountingRuntime(), [(one, Deadline(1.0)), (two, Deadline(2.0)), (one, Deadline(3.0))])
    assert log == ["two", "one"]
