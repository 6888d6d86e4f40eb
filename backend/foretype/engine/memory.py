"""The memory budget for the trees of all fields of all models, and which fields free their trees if it is
exceeded.

Owners share the memory as they share the model's time: tokens equally, and the people of a token its part.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import Protocol

from foretype.engine.contract import Owner
from foretype.runtime.arena import Arena, Pool
from foretype.runtime.out_of_memory import OutOfMemoryError, recognised
from foretype.support import logs
from foretype.support.clock import Timer, Timers
from foretype.support.logs import SparseLines

MEBIBYTE = 1024 * 1024
POOL_ROWS = 32  # fields that one run can serve; fields of another pool need another run
COUNTED_AT_ONCE = 8  # fields whose bytes are counted at each keystroke
PROTECTED_S = 60.0  # after a keystroke, its tree is kept if its owner holds no more than a fair share
IDLE_S = 600.0  # a field without a keystroke for so long frees its tree


class Tenant(Protocol):
    """A field, as the memory budget sees it."""

    owner: Owner

    @property
    def held_bytes(self) -> int:
        """Bytes of past key values and distributions."""

    def shrink(self) -> bool:
        """Free the tree; False, with no change, if it is in use."""

    def failed(self, error: Exception) -> None:
        """The tree is lost for this reason."""


class PoolSource(Protocol):
    """A runtime, as the memory budget sees it."""

    def new_pool(self, rows: int, capacity: int) -> Pool: ...


@dataclass(frozen=True, slots=True)
class _Use:
    """The last use of a tenant's tree. `of`: the memory of its model."""

    of: ModelMemory
    at: float


class MemoryBudget:
    """The memory for the trees of all models. It is not divided between the models: each takes what its
    fields need.

    Lives on the event loop. The field whose last keystroke is the longest ago frees its tree first. Fields of
    owners that hold no more than a fair share free theirs only if no other field can.
    """

    def __init__(self, timers: Timers, most_bytes: int) -> None:
        """`most_bytes`: past key values and distributions of all tenants."""
        self._timers = timers
        self._most_bytes = most_bytes
        self._models: list[ModelMemory] = []
        self._tenants: dict[Tenant, _Use] = {}  # the longest unused first
        self._counted: dict[Tenant, int] = {}  # the bytes that it held when it was counted last
        self._held = 0  # the sum of _counted
        self._to_count: deque[Tenant] = deque()  # in this round
        self._sweep: Timer | None = None
        self._lines = SparseLines(timers.time)

    def of_model(self, source: PoolSource, slots: int, own_bytes: int = 0) -> ModelMemory:
        """The memory for the trees of one more model. `slots`: of one arena. `own_bytes`: what the runtime
        itself takes of the budget.
        """
        self._most_bytes -= own_bytes
        self._models.append(ModelMemory(self, source, slots))
        return self._models[-1]

    @property
    def held_bytes(self) -> int:
        return sum(tenant.held_bytes for tenant in self._tenants)

    def has_room(self) -> bool:
        """Whether the budget is kept, after trees were freed if necessary."""
        return self._free_trees(None) <= self._most_bytes

    def has_room_for(self, pool_bytes: int) -> bool:
        """Whether a pool with so many fixed bytes can be added to those of all models."""
        return sum(model.fixed_bytes for model in self._models) + pool_bytes <= self._most_bytes

    def could_not_allocate(self, error: Exception) -> None:
        self._lines.error("no_room", **logs.of(error))

    def used(self, tenant: Tenant, model: ModelMemory) -> None:
        """`tenant`, a field of `model`, is about to get a keystroke."""
        self._tenants.pop(tenant, None)
        self._tenants[tenant] = _Use(model, self._timers.time())
        self._count(tenant)
        self._count_some()
        self._free_trees(tenant)
        if self._sweep is None:
            self._sweep = self._timers.call_at(self._timers.time() + IDLE_S, self._free_idle_trees)

    def gone(self, tenant: Tenant) -> None:
        """`tenant` is closed and has freed its tree."""
        self._tenants.pop(tenant, None)
        self._held -= self._counted.pop(tenant, 0)
        if not self._tenants:
            self._to_count.clear()  # else it would keep closed fields in memory

    def clear(self, model: ModelMemory, error: Exception) -> None:
        """All trees of a model are lost for this reason. The trees of other models are freed as far as they
        are not in use, because memory is short.
        """
        for tenant, use in self._tenants.items():
            if use.of is model:
                tenant.failed(error)
            else:
                tenant.shrink()
            self._count(tenant)

    def close(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()

    def free_one_tree(self, model: ModelMemory) -> bool:
        """Of the trees of `model`, the one used longest ago of the owner with the most trees, if that is not
        in use, else another one. False if all are in use.
        """
        trees = Counter(tenant.owner for tenant, size in self._counted.items() if size)
        of_model = [tenant for tenant, use in self._tenants.items() if use.of is model]
        for tenant in sorted(of_model, key=lambda tenant: -trees[tenant.owner]):
            if self._counted.get(tenant) and tenant.shrink():
                self._count(tenant)
                return True
        return False

    def _free_trees(self, spared: Tenant | None) -> int:
        """Free trees until the budget is kept or none is left that could be freed, but not that of `spared`.
        Returns the bytes held then.
        """
        if self._held > self._most_bytes:
            for tenant in self._tenants:
                self._count(tenant)
            for tenant in [*self._of_large_owners(), *self._tenants]:
                if self._held <= self._most_bytes:
                    break
                if tenant is not spared and self._counted.get(tenant) and tenant.shrink():
                    self._count(tenant)
        return self._held

    def _of_large_owners(self) -> list[Tenant]:
        """The tenants, the longest unused first, of owners that hold more than a fair share, and those that
        are not protected any more.
        """
        held: Counter[Owner] = Counter()
        for tenant, size in self._counted.items():
            if size:
                held[tenant.owner] += size
        people = Counter(owner.token for owner in held)
        now = self._timers.time()
        return [
            tenant
            for tenant, use in self._tenants.items()
            if now - use.at >= PROTECTED_S
            or held[tenant.owner] * len(people) * people[tenant.owner.token] > self._most_bytes
        ]

    def _count_some(self) -> None:
        """Trees also grow between keystrokes. To count hundreds of them at each keystroke would take too
        long.
        """
        for _ in range(min(COUNTED_AT_ONCE, len(self._tenants))):
            if not self._to_count:
                self._to_count.extend(self._tenants)
            tenant = self._to_count.popleft()
            if tenant in self._tenants:
                self._count(tenant)

    def _count(self, tenant: Tenant) -> None:
        now = tenant.held_bytes
        self._held += now - self._counted.get(tenant, 0)
        self._counted[tenant] = now

    def _free_idle_trees(self) -> None:
        """Free the trees of idle fields. The timer starts again only if a field still holds a tree, so an
        idle server has no timers.
        """
        self._sweep = None
        now = self._timers.time()
        for tenant, use in self._tenants.items():
            if now - use.at >= IDLE_S:
                tenant.shrink()
                self._count(tenant)
        holding = [use.at for tenant, use in self._tenants.items() if tenant.held_bytes]
        if holding:
            next_time = max(now + IDLE_S / 10, min(holding) + IDLE_S)
            self._sweep = self._timers.call_at(next_time, self._free_idle_trees)


class ModelMemory:
    """The arenas for the fields of one model, within the budget of all models. Lives on the event loop."""

    def __init__(self, budget: MemoryBudget, source: PoolSource, slots: int) -> None:
        self._budget = budget
        self._source = source
        self._slots = slots
        self._pools: list[Pool] = []

    @property
    def fixed_bytes(self) -> int:
        """Bytes that the pools hold all the time."""
        return sum(pool.fixed_bytes for pool in self._pools)

    def arena(self) -> Arena | None:
        """An empty arena. None if trees that are in use take the whole budget, or if another pool is needed
        and would exceed the budget or cannot be allocated. The first pool of a model may exceed it: without
        one, the model could not be served at all.
        """
        if not self._budget.has_room():
            return None
        if (arena := self._row()) is not None:
            return arena
        if self._pools and not self._budget.has_room_for(self._pools[0].fixed_bytes):
            return self._row() if self._budget.free_one_tree(self) else None
        try:
            self._pools.append(self._source.new_pool(POOL_ROWS, self._slots))
        except Exception as error:
            if not isinstance(recognised(error), OutOfMemoryError):
                raise
            self._budget.could_not_allocate(error)
            return None
        return self._pools[-1].take()

    def _row(self) -> Arena | None:
        return next((arena for pool in self._pools if (arena := pool.take()) is not None), None)

    def used(self, tenant: Tenant) -> None:
        """`tenant` is about to get a keystroke."""
        self._budget.used(tenant, self)

    def gone(self, tenant: Tenant) -> None:
        """`tenant` is closed and has freed its tree. Pools without a row in use are freed, except one, and
        except those on a device, because runs that were recorded there can be used only in the same memory.
        """
        self._budget.gone(tenant)
        if len(self._pools) > 1:
            kept = [pool for pool in self._pools if pool.fixed_bytes or not pool.is_free]
            self._pools = kept or self._pools[:1]

    def clear(self, error: Exception) -> None:
        """All trees of the model are lost for this reason: free all pools. No run may be under way."""
        self._budget.clear(self, error)
        self._pools.clear()
