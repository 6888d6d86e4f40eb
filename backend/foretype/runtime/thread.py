"""The model thread: the one place where the model runs, one run after another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import Generic, Protocol, TypeVar

from foretype.runtime.arena import Arena
from foretype.runtime.chunk import Chunk, Logits

T = TypeVar("T")


class Runtime(Protocol):
    """One session of ONNX Runtime; not to be called from two threads at once."""

    provider: str

    def new_arena(self, capacity: int) -> Arena:
        """Room for the past key values of one field, `capacity` tokens."""

    def run(self, arena: Arena, chunk: Chunk) -> Logits:
        """Logits (k, vocab_size) float32 of the asked rows; the chunk's tokens take the arena's next slots.
        Raises ArenaFullError.
        """


@dataclass(slots=True)
class _Job(Generic[T]):
    arena: Arena
    chunk: Chunk
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[T]


class ModelThread(Generic[T]):
    """Runs chunks and what is made of their logits off the event loop.

    A daemon thread: a run that hangs must not keep the process from ending.
    """

    def __init__(self, runtime: Runtime, digest: Callable[[Logits], T]) -> None:
        self._runtime = runtime
        self._digest = digest
        self._jobs: SimpleQueue[_Job[T] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="model", daemon=True)
        self._thread.start()

    async def run(self, arena: Arena, chunk: Chunk) -> T:
        """Raises what the run raised. Cancelling gives up the wait, not the run: the arena stays in use until
        that has ended.
        """
        loop = asyncio.get_running_loop()
        job = _Job(arena, chunk, loop, loop.create_future())
        self._jobs.put(job)
        result: T = await job.future
        return result

    async def stop(self, patience: float = 1.0) -> None:
        """The thread ends after the run under way, which is waited for `patience` seconds and no longer.

        A process that ends inside a run is aborted by ONNX Runtime's own threads.
        """
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join, patience)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if job.future.done():  # nobody waits for it any more
                continue
            try:
                result = self._digest(self._runtime.run(job.arena, job.chunk))
            except Exception as error:  # whatever a run raises belongs to the one who asked for it
                self._settle(job, partial(job.future.set_exception, error))
            else:
                self._settle(job, partial(job.future.set_result, result))

    @staticmethod
    def _settle(job: _Job[T], settle: Callable[[], None]) -> None:
        def on_loop() -> None:
            if not job.future.done():  # the wait may have been given up
                settle()

        if not job.loop.is_closed():
            job.loop.call_soon_threadsafe(on_loop)
