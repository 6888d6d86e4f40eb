"""The engine of one model: the fields of all connections. Several models of a process share their time and
their memory (`foretype.engine.shared`).
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from prometheus_client import CollectorRegistry

from foretype.engine.beginning import Beginning
from foretype.engine.beginnings import Beginnings
from foretype.engine.contract import Answer, Owner
from foretype.engine.desk import LocalDesk
from foretype.engine.field import Field
from foretype.engine.keystroke import Keystroke
from foretype.engine.memory import MEBIBYTE
from foretype.engine.own.persons import Persons
from foretype.engine.pressure import Effort
from foretype.engine.shared import Shared
from foretype.engine.surroundings import Surroundings
from foretype.engine.tree.choice import Policy
from foretype.engine.tree.draft import Draft, TreeLimits
from foretype.engine.tree.language import SharesOf, any_language
from foretype.engine.tree.personal import no_table
from foretype.engine.tree.word_ends import WordEnds
from foretype.engine.vocabulary import Vocabulary
from foretype.models.field_kind import FieldKind
from foretype.runtime.out_of_memory import OutOfMemoryError
from foretype.runtime.protocol import LogitsRuntime
from foretype.runtime.thread import ModelThread
from foretype.support import logs
from foretype.support.clock import Timer, Timers
from foretype.support.freed_memory import overwrite_heap, overwrite_pools
from foretype.support.frugal import Frugal, Frugality
from foretype.support.malloc import give_back
from foretype.support.metrics import Stages
from foretype.words.store import WordStore

GIVE_BACK_AFTER_S = 30.0
RECOVERY_LASTS_S = 600.0  # if memory runs out again within this time, to load the model again does not help
NO_MEMORY = (
    "The model ran out of memory again after it was loaded again. Set FORETYPE_TREES_MB lower or "
    "FORETYPE_GPU_MEMORY_MB higher, or serve a smaller model."
)
TREES_BYTES = 1024 * MEBIBYTE
MARGIN = 0.15  # of the budget, left for the way from and to the client, and for a busy event loop


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """The model of an engine, and its limits.

    model: the name of its folder.
    begin: the tokens that a text starts with, by kind of field.
    policy, policies: what is shown; the second in fields of the kinds that it names.
    budget_ms: from a keystroke to its final answer.
    runs_ahead: model runs after a keystroke for the next one, at most.
    field_bytes, trees_bytes: past key values and distributions of one field, and of all fields of all models.
    context_length: tokens that the model can read.
    frugal: whether to save energy.
    word_ends: how likely a word ends after a token, if that was measured.
    least_effort: for each keystroke, however busy the model is.
    shares_of: in which languages a text may be.
    """

    model: str
    begin: Mapping[FieldKind, Beginning]
    policy: Policy
    budget_ms: float
    runs_ahead: int = 0
    field_bytes: int = 48 * MEBIBYTE
    trees_bytes: int = TREES_BYTES
    context_length: int = 1024
    frugal: Frugal = Frugal.OFF
    word_ends: WordEnds | None = None
    policies: Mapping[FieldKind, Policy] = field(default_factory=dict)
    least_effort: Effort = Effort.BRIEF
    shares_of: SharesOf = any_language


class LocalEngine:
    """Implements `foretype.engine.contract.Engine` with one model. Made and used on the event loop."""

    def __init__(
        self,
        config: EngineConfig,
        runtime: LogitsRuntime,
        vocabulary: Vocabulary,
        timers: Timers,
        stages: Stages | None = None,
        words: WordStore | None = None,
        shared: Shared | None = None,
    ) -> None:
        """`words`: the own words of all persons; None if none are used. `shared`: what this model shares with
        others, with its own `stages`; its owner closes it after the engines. None if there are no others.
        """
        self.model = config.model
        self.provider = runtime.provider
        self.models: Mapping[str, str] = {self.model: self.provider}
        self._config = config
        self._vocabulary = vocabulary
        self._timers = timers
        self._persons = None if words is None else Persons(words, vocabulary, timers)
        self._is_alone = shared is None
        self._shared = shared or Shared(
            timers, stages or Stages(CollectorRegistry()), config.trees_bytes, config.least_effort
        )
        self._stages = self._shared.stages
        self._limits = TreeLimits.within(
            config.field_bytes,
            runtime.slot_bytes,
            vocabulary.size,
            max(beginning.most_tokens for beginning in config.begin.values()),
            config.context_length,
        )
        self._runtime = runtime.with_distributions(vocabulary.ranks, config.trees_bytes)
        self._memory = self._shared.memory.of_model(
            self._runtime, self._limits.arena_tokens, self._runtime.own_bytes
        )
        self._model = ModelThread(self._runtime, self._shared.thread)
        plain = {kind: beginning.plain for kind, beginning in config.begin.items()}
        self._beginnings = Beginnings(plain, self._runtime, self._model, self._stages)
        self._queue = self._shared.scheduler.queue(self._model, config.model, self._recover)
        self._recovered_at = -math.inf
        self._recovering = False
        self._frugal = Frugality(config.frugal, timers.time)
        self._warming: asyncio.Task[None] | None = None
        self._giving_back: Timer | None = None

    async def warm_up(self) -> None:
        """Run once, which allocates the memory of later runs, and read the beginnings of texts: all of them
        before this returns if the runtime needs that, else the longer ones while the engine already serves.

        Raises what the runs raise. If there is no memory, that is `OutOfMemoryError`.
        """
        await self._warm_up_pool()
        shortest, *others = self._beginnings.shortest_first
        await self._beginnings.read(shortest)
        reading = self._beginnings.read_all(others)
        if self._runtime.warms_beginnings:
            await reading
        else:
            self._warming = asyncio.ensure_future(reading)

    async def _warm_up_pool(self) -> None:
        """Allocate the pool for the first fields; on a device, record the runs that it will be used for."""
        if (arena := self._memory.arena()) is None:
            raise OutOfMemoryError  # otherwise every keystroke would be refused
        pool = arena.pool
        del arena
        await self._model.warm_up(pool)

    async def _recover(self) -> None:
        """After a run without memory: free all trees and load the model again. If that happened already a
        short time ago, give up.
        """
        again = self._timers.time() - self._recovered_at < RECOVERY_LASTS_S
        self._recovered_at = self._timers.time()
        self._beginnings.clear()
        self._memory.clear(OutOfMemoryError())
        if again:
            self._shared.give_up(NO_MEMORY)
            return
        logs.logger().error("out_of_memory", doing="loading the model again")
        self._recovering = True
        try:
            await self._model.reopen()
            await self._warm_up_pool()
        except Exception as error:  # loading without memory may raise anything
            logs.logger().error("reload_failed", **logs.of(error))
            self._shared.give_up(NO_MEMORY)
        finally:
            self._recovering = False

    async def broken(self) -> str:
        return await self._shared.broken()

    def knows(self, word: str) -> bool:
        return self._vocabulary.knows(word)

    def open(self, owner: Owner, answer: Answer) -> LocalDesk:
        return LocalDesk(self, owner, answer)

    async def close(self) -> None:
        if self._giving_back is not None:
            self._giving_back.cancel()
        if self._warming is not None:
            self._warming.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._warming
        if self._is_alone:
            await self._shared.close()
        if self._persons is not None:
            await self._persons.close()

    def forget_words(self, person: str) -> None:
        if self._persons is not None:
            self._persons.forget(person)

    def new_field(self, name: str, owner: Owner, answer: Answer) -> Field:
        return Field(
            owner,
            self._surroundings_of,
            partial(self._new_draft, owner=owner),
            self._queue,
            partial(answer, name),
            self._timers,
            self._stages,
            self._config.budget_ms * (1.0 - MARGIN),
            self._config.runs_ahead,
            self._frugal,
        )

    def used(self, field: Field) -> None:
        """`field` is about to get a keystroke."""
        self._memory.used(field)
        if self._persons is not None:
            self._persons.typing(field.owner.token)

    def gone(self, field: Field) -> None:
        field.close()
        self._memory.gone(field)
        if self._giving_back is None:  # once for several: fields are often closed together
            self._giving_back = self._timers.call_at(self._timers.time() + GIVE_BACK_AFTER_S, self._give_back)

    def _give_back(self) -> None:
        self._giving_back = None
        self._vocabulary.forget_texts()
        overwrite_heap()  # on this thread, which has the part of the heap that texts are in
        asyncio.get_running_loop().run_in_executor(None, _give_back_pools)

    def _new_draft(self, surroundings: Surroundings, *, owner: Owner) -> Draft | None:
        # While the model is loaded again no field gets memory.
        arena = None if self._recovering else self._memory.arena()
        if arena is None:
            return None
        begin = self._config.begin[surroundings.kind].ids(surroundings, self._vocabulary.encode)
        self._beginnings.copy_into(arena, surroundings.kind, begin)
        table_of = no_table if self._persons is None else partial(self._persons.table, owner.token)
        config = self._config
        return Draft(
            arena,
            begin,
            self._vocabulary,
            config.policies.get(surroundings.kind, config.policy),
            self._limits,
            table_of,
            config.word_ends,
            config.shares_of,
        )

    def _surroundings_of(self, keystroke: Keystroke) -> Surroundings:
        kind = keystroke.kind or FieldKind.TEXT
        return self._config.begin[kind].surroundings(kind, keystroke.subject, keystroke.context)


def _give_back_pools() -> None:
    overwrite_pools()
    give_back()
