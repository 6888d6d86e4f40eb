"""The model thread: the one place where the model runs, one run after another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise
from queue import SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

from foretype.runtime.arena import Arena, Pool
from foretype.runtime.chunk import Chunk, Step
from foretype.runtime.memory import recognised

R = TypeVar("R")
T = TypeVar("T")
Rows = TypeVar("Rows", covariant=True)


class Runtime(Protocol[Rows]):
    """One session of ONNX Runtime; not to be called from two threads at once.

    Rows: what comes back, one for each asked row: `Logits` (k, vocab_size) float32, or a list of what was
    made of them on a device.
    """

    provider: str
    batches: bool  # whether run_together is cheaper than as many runs
    slot_bytes: int  # of one token's past

    def new_pool(self, rows: int, capacity: int) -> Pool:
        """Room for the past key values of `rows` fields, `capacity` tokens each."""

    def reopen(self) -> None:
        """Load the model anew; pools made before are of no more use. Raises what loading raises."""

    def warm_up(self, pool: Pool) -> None:
        """Run what crowds in a pool of which nobody has a row will, where the first time takes longer."""

    def run(self, arena: Arena, chunk: Chunk) -> Rows:
        """The asked rows; the chunk's tokens take the arena's next slots. Raises ArenaFullError."""

    def run_together(self, steps: Sequence[Step]) -> Rows:
        """One token of each of several arenas of one pool: a row of each that wants one, in the order of
        `steps`. Raises ArenaFullError.
        """


@dataclass(slots=True)
class _Job:
    work: Callable[[], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


class ModelThread(Generic[T]):
    """Runs steps and what is made of their rows off the event loop.

    A daemon thread: a run that hangs must not keep the process from ending. If it is still inside a run then,
    the process ends by `foretype.ending`.
    """

    def __init__(self, runtime: Runtime[Any], digest: Callable[[Any], T]) -> None:
        """`digest` makes something of the rows that a run gave for one step."""
        self.batches = runtime.batches
        self._runtime = runtime
        self._digest = digest
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="model", daemon=True)
        self._thread.start()

    async def run(self, steps: Sequence[Step]) -> list[T]:
        """What is made of each step's rows. Several steps are one run: one token each, arenas of one pool.

        Raises what the run raised, or OutOfMemoryError where that was its reason. Cancelling gives up the
        wait, not the run: the arenas stay in use until that has ended.
        """
        return await self._done(partial(self._run, steps))

    async def reopen(self) -> None:
        """Load the model anew, after the runs that were asked for before. Raises what loading raised."""
        await self._done(self._runtime.reopen)

    async def warm_up(self, pool: Pool) -> None:
        """Run what a crowd in `pool` will, on this thread. Raises what the runs raised, or
        OutOfMemoryError.
        """
        await self._done(partial(self._runtime.warm_up, pool))

    async def _done(self, work: Callable[[], R]) -> R:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        self._jobs.put(_Job(work, loop, future))
        try:
            return await future
        finally:
            del future  # an error in it holds this frame: in a circle, it would hold its run for long

    async def stop(self, patience: float = 1.0) -> None:
        """The thread ends after the run under way, which is waited for `patience` seconds and no longer: on a
        busy machine a run takes many times as long.
        """
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join, patience)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if not job.future.done():  # else nobody waits for it any more
                self._do(job)
            del job  # it holds past key values, and the next one may be long in coming

    def _do(self, job: _Job) -> None:
        try:
            result = job.work()
        except Exception as error:  # whatever a run raises belongs to the one who asked for it
            self._settle(job, partial(job.future.set_exception, recognised(error)))
        else:
            self._settle(job, partial(job.future.set_result, result))
        finally:
            del job  # likewise

    def _run(self, steps: Sequence[Step]) -> list[T]:
        if len(steps) == 1:
            return [self._digest(self._runtime.run(steps[0].arena, steps[0].chunk))]
        rows = self._runtime.run_together(steps)
        ends = list(accumulate(len(step.chunk.rows) for step in steps))
        return [self._digest(rows[start:end]) for start, end in pairwise([0, *ends])]

    @staticmethod
    def _settle(job: _Job, settle: Callable[[], None]) -> None:
        def on_loop() -> None:
            if not job.future.done():  # the wait may have been given up
                settle()

        if not job.loop.is_closed():
            job.loop.call_soon_threadsafe(on_loop)
