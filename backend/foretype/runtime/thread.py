"""The model's thread: the only place where models run, one run after another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise
from queue import SimpleQueue
from typing import Any, TypeVar

from foretype.runtime.arena import Pool
from foretype.runtime.chunk import Step
from foretype.runtime.distribution import Distribution
from foretype.runtime.out_of_memory import recognised
from foretype.runtime.protocol import Runtime

R = TypeVar("R")


@dataclass(slots=True)
class _Job:
    work: Callable[[], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


class WorkThread:
    """Does one job after another, off the event loop.

    It is a daemon thread: a run that hangs must not keep the process from ending. If the thread is inside a
    run at that time, the process ends by `foretype.support.ending`.
    """

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="model", daemon=True)
        self._thread.start()

    async def do(self, work: Callable[[], R]) -> R:
        """The result of `work`, after all jobs before it. Raises what it raises, or OutOfMemoryError if that
        was the reason. If the caller is cancelled, it stops waiting, but work that has begun goes on.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        self._jobs.put(_Job(work, loop, future))
        try:
            return await future
        finally:
            del future  # its error refers to this frame: the circle would keep the run's memory for long

    async def stop(self, patience: float = 1.0) -> None:
        """The thread ends after the job under way, which is waited for `patience` seconds and no longer: on a
        busy machine a run takes many times as long.
        """
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join, patience)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if not job.future.done():  # a cancelled caller does not wait any more
                self._do(job)
            del job  # it refers to past key values, and the next job may come much later

    def _do(self, job: _Job) -> None:
        try:
            result = job.work()
        except Exception as error:  # whatever a run raises goes to its caller
            self._settle(job, partial(job.future.set_exception, recognised(error)))
        else:
            self._settle(job, partial(job.future.set_result, result))
        finally:
            del job  # as above

    @staticmethod
    def _settle(job: _Job, settle: Callable[[], None]) -> None:
        def on_loop() -> None:
            if not job.future.done():  # the caller may have been cancelled
                settle()

        if not job.loop.is_closed():
            job.loop.call_soon_threadsafe(on_loop)


class ModelThread:
    """Runs one model on a thread that other models may use as well: two models that ran at the same time
    would take the processor cores from each other.
    """

    def __init__(self, runtime: Runtime, thread: WorkThread | None = None) -> None:
        """`thread`: None for one of its own."""
        self.batches = runtime.batches
        self._runtime = runtime
        self._thread = thread or WorkThread()

    async def run(self, steps: Sequence[Step]) -> list[list[Distribution]]:
        """Each step's distributions. Several steps are one run: one token each, arenas of one pool.

        Raises what the run raised, or OutOfMemoryError if that was the reason. If the caller is cancelled, it
        stops waiting, but the run goes on, and its arenas stay in use until it has ended.
        """
        return await self._thread.do(partial(self._run, steps))

    async def reopen(self) -> None:
        """Load the model again, after the runs that were asked for before. Raises what loading raised."""
        await self._thread.do(self._runtime.reopen)

    async def warm_up(self, pool: Pool) -> None:
        """Warm the runtime up for `pool`, on the model's thread. Raises what the runs raised, or
        OutOfMemoryError.
        """
        await self._thread.do(partial(self._runtime.warm_up, pool))

    async def stop(self) -> None:
        """Stop the thread, also for other models (`WorkThread.stop`)."""
        await self._thread.stop()

    def _run(self, steps: Sequence[Step]) -> list[list[Distribution]]:
        if len(steps) == 1:
            return [self._runtime.run(steps[0].arena, steps[0].chunk)]
        found = self._runtime.run_together(steps)
        ends = list(accumulate(len(step.chunk.rows) for step in steps))
        return [found[start:end] for start, end in pairwise([0, *ends])]
