"""The parts that all models of a process use together: the thread that runs them, the scheduler, and the
memory for trees.
"""

from __future__ import annotations

import asyncio
import contextlib

from foretype.engine.memory import MemoryBudget
from foretype.engine.pressure import Effort
from foretype.engine.scheduler import Scheduler
from foretype.runtime.thread import WorkThread
from foretype.support import logs
from foretype.support.clock import Timers
from foretype.support.metrics import Stages


class Shared:
    """Made and used on the event loop, which it serves from the beginning."""

    def __init__(
        self, timers: Timers, stages: Stages, trees_bytes: int, least_effort: Effort = Effort.BRIEF
    ) -> None:
        """`trees_bytes`: past key values and distributions of all fields of all models. `least_effort`: for
        each keystroke, however busy the models are.
        """
        self.thread = WorkThread()
        self.scheduler = Scheduler(timers, stages, least_effort)
        self.memory = MemoryBudget(timers, trees_bytes)
        self.stages = stages
        stages.watch(
            waiting_fields=lambda: len(self.scheduler),
            tree_bytes=lambda: self.memory.held_bytes,
            load=lambda: self.scheduler.pressure.share,
        )
        self._broken: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._serving = asyncio.ensure_future(self.scheduler.serve())
        self._serving.add_done_callback(self._stopped_serving)

    def _stopped_serving(self, serving: asyncio.Task[None]) -> None:
        if not serving.cancelled() and (error := serving.exception()) is not None:
            logs.logger().error("scheduler_failed", **logs.of(error))
            self.give_up(f"The scheduler failed ({type(error).__name__}). This is a bug in Foretype.")

    def give_up(self, why: str) -> None:
        """A model can no longer be served. `why`: a sentence that says what to do."""
        if not self._broken.done():
            self._broken.set_result(why)

    async def broken(self) -> str:
        """Returns only after `give_up`: the sentence."""
        return await asyncio.shield(self._broken)

    async def close(self) -> None:
        """Make no more runs, and stop the thread. Raises what the scheduler raised if it failed."""
        self.memory.close()
        self._serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._serving
        await self.thread.stop()
