"""The engine that serves: one model, one scheduler, the fields of all connections."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from prometheus_client import CollectorRegistry

from foretype import logs
from foretype.deadline import Timer, Timers
from foretype.engine import Answer
from foretype.field import Field
from foretype.freed import overwrite_heap, overwrite_pools
from foretype.keystroke import FieldKind, Keystroke
from foretype.malloc import give_back
from foretype.models.manifest import Manifest
from foretype.providers import NAMES, Provider, first_gpu
from foretype.room import MEBIBYTE, Room
from foretype.runtime import open_runtime
from foretype.runtime.arena import Arena, lone_arena
from foretype.runtime.chunk import Chunk, Logits, Step
from foretype.runtime.device import DeviceRuntime
from foretype.runtime.memory import OutOfMemoryError
from foretype.runtime.thread import Runtime
from foretype.scheduler import Scheduler
from foretype.settings import Settings
from foretype.stages import Stages
from foretype.tokens import Vocabulary
from foretype.tree.choice import Policy
from foretype.tree.draft import Draft, Limits
from foretype.tree.reading import reading

GIVE_BACK_AFTER_S = 30.0
RECOVERY_LASTS_S = 600.0  # a model that finds no memory so soon after it was loaded anew will find none later
NO_MEMORY = (
    "The model found no memory, also after it was loaded anew: set FORETYPE_TREES_MB lower or "
    "FORETYPE_GPU_MEMORY_MB higher, or serve a smaller model."
)
TREES_BYTES = 1024 * MEBIBYTE
ROWS_BYTES = 1024 * MEBIBYTE  # on a device, whole rows of probabilities stay there for a while, in so much
OF_ROWS = 8  # … but in no more than such a part of the memory for trees
MARGIN = 0.15  # of the budget, kept for the way to the client and back, and for a loop that is busy


class LocalEngine:
    """Implements `foretype.engine.Engine` on this process's own model thread. Made and used on the event
    loop.
    """

    def __init__(
        self,
        name: str,
        runtime: Runtime[Logits] | DeviceRuntime,
        vocabulary: Vocabulary,
        begin: Mapping[FieldKind, list[int]],
        policy: Policy,
        budget_ms: float,
        timers: Timers,
        runs_ahead: int = 0,
        field_bytes: int = 48 * MEBIBYTE,
        trees_bytes: int = TREES_BYTES,
        stages: Stages | None = None,
        context_length: int = 1024,
    ) -> None:
        """`field_bytes` and `trees_bytes`: past key values and distributions of one field, and of all.
        `context_length`: tokens that the model reads at most.
        """
        self.model = name
        self.provider = runtime.provider
        self._runtime = runtime
        self._vocabulary = vocabulary
        self._begin = begin
        self._policy = policy
        self._budget_ms = budget_ms * (1.0 - MARGIN)
        self._timers = timers
        self._runs_ahead = runs_ahead
        self._stages = stages or Stages(CollectorRegistry())
        longest = max(len(ids) for ids in begin.values())
        self._limits = Limits.within(
            field_bytes, runtime.slot_bytes, vocabulary.size, longest, context_length
        )
        self._is_on_a_device = isinstance(runtime, DeviceRuntime)
        rows_bytes = min(ROWS_BYTES, trees_bytes // OF_ROWS) if self._is_on_a_device else 0
        self._room = Room(runtime, timers, self._limits.arena_tokens, trees_bytes - rows_bytes)
        self._watch()
        self._begun: dict[FieldKind, Arena] = {}  # holding the begin tokens
        self._model = reading(runtime, vocabulary, rows_bytes)
        self._scheduler = Scheduler(self._model, timers, self._stages, self._recover)
        self._recovered_at = -math.inf
        self._recovering = False
        self._broken: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._serving = asyncio.ensure_future(self._scheduler.serve())
        self._serving.add_done_callback(self._stopped_serving)
        self._warming: asyncio.Task[None] | None = None
        self._giving_back: Timer | None = None

    def _watch(self) -> None:
        self._stages.watch(
            "foretype_waiting_fields", "Fields that wait for the model.", lambda: len(self._scheduler)
        )
        self._stages.watch(
            "foretype_tree_bytes",
            "Past key values and distributions of all fields.",
            lambda: self._room.held_bytes,
        )
        self._stages.watch(
            "foretype_load", "Share of the time that keystrokes took.", lambda: self._scheduler.load.share
        )

    async def warm_up(self) -> None:
        """Run once, which takes the memory of later runs; then, on the CPU beside serving, read what texts
        begin with.

        A field that is there sooner reads its beginning by itself.
        """
        await self._warm_up_pool()
        shortest_first = sorted(self._begin, key=lambda kind: len(self._begin[kind]))
        await self._read_begin(shortest_first[0])
        others = self._read_begins(shortest_first[1:])
        if self._is_on_a_device:
            await others  # a chunk longer than any before may want TensorRT's engines built anew, for minutes
        else:
            self._warming = asyncio.ensure_future(others)

    async def _warm_up_pool(self) -> None:
        """The pool that the first fields will have is there before them; on a device, what it will do is
        recorded.
        """
        if (arena := self._room.arena()) is not None:
            pool = arena.pool
            del arena
            await self._model.warm_up(pool)

    async def _read_begins(self, kinds: list[FieldKind]) -> None:
        for kind in kinds:
            try:
                await self._read_begin(kind)
            except Exception as error:  # a field reads its beginning by itself where it is not there
                logs.logger().error("begin_failed", **logs.of(error))

    async def _read_begin(self, kind: FieldKind) -> None:
        ids = np.array(self._begin[kind], np.int64)
        chunk = Chunk(ids, np.arange(len(ids)), None, np.array([len(ids) - 1]))
        begun = lone_arena(self._runtime.new_pool(1, len(ids)))
        await self._model.run([Step(begun, chunk)])
        self._begun[kind] = begun

    async def _recover(self) -> None:
        """A run found no memory: all trees go, and the model is loaded anew, once. Where that does not last,
        it would not the next time.
        """
        again = self._timers.time() - self._recovered_at < RECOVERY_LASTS_S
        self._recovered_at = self._timers.time()
        self._begun.clear()
        self._room.clear(OutOfMemoryError())
        if again:
            self._give_up(NO_MEMORY)
            return
        logs.logger().error("out_of_memory", doing="loading the model anew")
        self._recovering = True
        try:
            await self._model.reopen()
            await self._warm_up_pool()
        except Exception as error:  # whatever loading raises where there is no memory for it
            logs.logger().error("reload_failed", **logs.of(error))
            self._give_up(NO_MEMORY)
        finally:
            self._recovering = False

    def _stopped_serving(self, serving: asyncio.Task[None]) -> None:
        if not serving.cancelled() and (error := serving.exception()) is not None:
            logs.logger().error("scheduler_failed", **logs.of(error))
            self._give_up(f"The scheduler failed ({type(error).__name__}), which is Foretype's own mistake.")

    def _give_up(self, why: str) -> None:
        if not self._broken.done():
            self._broken.set_result(why)

    async def broken(self) -> str:
        return await asyncio.shield(self._broken)

    def open(self, answer: Answer) -> LocalDesk:
        return LocalDesk(self, answer)

    async def close(self) -> None:
        self._room.close()
        if self._giving_back is not None:
            self._giving_back.cancel()
        for task in (self._serving, self._warming):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await self._model.stop()

    def new_field(self, name: str, answer: Answer) -> Field:
        return Field(
            self._new_draft,
            self._scheduler,
            partial(answer, name),
            self._timers,
            self._stages,
            self._budget_ms,
            self._runs_ahead,
        )

    def used(self, field: Field) -> None:
        """`field` is the one typed in now."""
        self._room.used(field)

    def gone(self, field: Field) -> None:
        field.close()
        self._room.gone(field)
        if self._giving_back is None:  # soon, and once for many: closed fields come together
            self._giving_back = self._timers.call_at(self._timers.time() + GIVE_BACK_AFTER_S, self._give_back)

    def _give_back(self) -> None:
        self._giving_back = None
        self._vocabulary.forget_texts()
        overwrite_heap()  # here: texts are in the part of the heap that this thread has
        asyncio.get_running_loop().run_in_executor(None, _give_back_pools)

    def _new_draft(self, kind: FieldKind) -> Draft | None:
        # While the model is loaded anew it has no memory for anybody.
        arena = None if self._recovering else self._room.arena()
        if arena is None:
            return None
        if kind in self._begun:
            arena.adopt(self._begun[kind])
        return Draft(arena, self._begin[kind], self._vocabulary, self._policy, self._limits)


def _give_back_pools() -> None:
    overwrite_pools()
    give_back()


class LocalDesk:
    """Implements `foretype.engine.Desk`: the fields of one connection."""

    def __init__(self, engine: LocalEngine, answer: Answer) -> None:
        self._engine = engine
        self._answer = answer
        self._fields: dict[str, Field] = {}

    def keystroke(self, field: str, keystroke: Keystroke) -> None:
        there = self._fields.get(field)
        if there is None:
            there = self._fields[field] = self._engine.new_field(field, self._answer)
        self._engine.used(there)
        try:
            there.keystroke(keystroke)
        except Exception as error:  # what there is of its tree is not to be trusted
            logs.logger().error("keystroke_failed", **logs.of(error))
            there.failed(error)

    def accepted(self, field: str, seq: int, text: str) -> None:
        """Nothing to do: the keystroke that follows carries the text, and the tree is there already."""

    def dismissed(self, field: str, seq: int) -> None:
        if (there := self._fields.get(field)) is not None:
            there.dismissed(seq)

    def forget(self, field: str) -> None:
        if (there := self._fields.pop(field, None)) is not None:
            self._engine.gone(there)

    def close(self) -> None:
        for there in self._fields.values():
            self._engine.gone(there)
        self._fields.clear()


async def start_engine(folder: Path, settings: Settings, stages: Stages | None = None) -> LocalEngine:
    """Load the prepared model in `folder`, off the event loop, and run it once, so that the first keystroke
    finds it warm.

    Raises what loading raises: a manifest that cannot be read, ONNX Runtime's own errors.
    """
    return await engine_from(folder, Manifest.read(folder), settings, stages)


async def engine_from(
    folder: Path, manifest: Manifest, settings: Settings, stages: Stages | None = None
) -> LocalEngine:
    runtime, vocabulary = await asyncio.gather(  # side by side: each takes half a second
        asyncio.to_thread(
            open_runtime,
            folder,
            threads=settings.threads,
            provider=settings.provider,
            memory_mb=settings.gpu_memory_mb,
        ),
        asyncio.to_thread(Vocabulary.load, folder, manifest.geometry.vocab_size),
    )
    begin = {kind: _begin(manifest, vocabulary.encode(manifest.prompts.get(kind, ""))) for kind in FieldKind}
    policy = _policy(settings.threshold if settings.threshold is not None else manifest.threshold)
    engine = LocalEngine(
        manifest.recipe,
        runtime,
        vocabulary,
        begin,
        policy,
        settings.budget_ms,
        asyncio.get_running_loop(),
        settings.runs_ahead,
        settings.field_mb * MEBIBYTE,
        _trees_bytes(settings, runtime.provider),
        stages,
        manifest.geometry.context_length,
    )
    await engine.warm_up()
    return engine


def _trees_bytes(settings: Settings, provider: str) -> int:
    """Where nobody said otherwise: half of what there is on a GPU, which has the model beside them."""
    if settings.trees_mb is not None:
        return settings.trees_mb * MEBIBYTE
    gpu = None if provider == NAMES[Provider.CPU] else first_gpu()
    if gpu is None:
        return TREES_BYTES
    there = gpu.memory_bytes if settings.gpu_memory_mb is None else settings.gpu_memory_mb * MEBIBYTE
    return there // 2


def _begin(manifest: Manifest, prompt: list[int]) -> list[int]:
    """A model with a short context begins without a made-up text: what is typed needs the room."""
    room = manifest.geometry.context_length // 4
    return [*manifest.begin_ids, *(prompt if len(prompt) <= room else [])]


def _policy(threshold: float) -> Policy:
    """Surer where the threshold is higher; what is on the screen may be half as likely."""
    usual = Policy()
    return Policy(show=threshold, draw_out=max(threshold, usual.draw_out), keep=threshold / 2)
