"""The memory budget for all fields' trees, and which fields free their trees if it is exceeded.

Owners share the memory as they share the model's time: tokens equally, and the people of a token its part.
"""

from __future__ import annotations

from collections import Counter, deque
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


class MemoryBudget:
    """Lives on the event loop. The field whose last keystroke is the longest ago frees its tree first. Fields
    of owners that hold no more than a fair share free theirs only if no other field can.
    """

    def __init__(self, source: PoolSource, timers: Timers, slots: int, most_bytes: int) -> None:
        """`slots`: of one arena. `most_bytes`: past key values and distributions of all tenants."""
        self._source = source
        self._timers = timers
        self._slots = slots
        self._most_bytes = most_bytes
        self._pools: list[Pool] = []
        self._tenants: dict[Tenant, float] = {}  # the time of its last use; the longest ago first
        self._counted: dict[Tenant, int] = {}  # the bytes that it held when it was counted last
        self._held = 0  # the sum of _counted
        self._to_count: deque[Tenant] = deque()  # in this round
        self._sweep: Timer | None = None
        self._lines = SparseLines(timers.time)

    @property
    def held_bytes(self) -> int:
        return sum(tenant.held_bytes for tenant in self._tenants)

    def arena(self) -> Arena | None:
        """An empty arena. None if trees that are in use take the whole budget, or if another pool is needed
        and would exceed the budget or cannot be allocated.
        """
        if self._free_trees(None) > self._most_bytes:
            return None
        if (arena := self._row()) is not None:
            return arena
        if self._pools and self._bytes_with_one_pool_more() > self._most_bytes:
            return self._row() if self._free_one_tree() else None
        try:
            self._pools.append(self._source.new_pool(POOL_ROWS, self._slots))
        except Exception as error:
            if not isinstance(recognised(error), OutOfMemoryError):
                raise
            self._lines.error("no_room", **logs.of(error))
            return None
        return self._pools[-1].take()

    def _row(self) -> Arena | None:
        return next((arena for pool in self._pools if (arena := pool.take()) is not None), None)

    def used(self, tenant: Tenant) -> None:
        """`tenant` is about to get a keystroke."""
        self._tenants.pop(tenant, None)
        self._tenants[tenant] = self._timers.time()
        self._count(tenant)
        self._count_some()
        self._free_trees(tenant)
        if self._sweep is None:
            self._sweep = self._timers.call_at(self._timers.time() + IDLE_S, self._free_idle_trees)

    def gone(self, tenant: Tenant) -> None:
        """`tenant` is closed and has freed its tree. Pools without a row in use are freed, except one, and
        except those on a device, because runs that were recorded there can be used only in the same memory.
        """
        self._tenants.pop(tenant, None)
        self._held -= self._counted.pop(tenant, 0)
        if not self._tenants:
            self._to_count.clear()  # else it would keep closed fields in memory
        if len(self._pools) > 1:
            kept = [pool for pool in self._pools if pool.fixed_bytes or not pool.is_free]
            self._pools = kept or self._pools[:1]

    def clear(self, error: Exception) -> None:
        """All trees are lost for this reason: free all pools. No run may be under way."""
        for tenant in self._tenants:
            tenant.failed(error)
            self._count(tenant)
        self._pools.clear()

    def close(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()

    def _bytes_with_one_pool_more(self) -> int:
        """Fixed bytes of all pools and one more."""
        return sum(pool.fixed_bytes for pool in self._pools) + self._pools[0].fixed_bytes

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

    def _free_one_tree(self) -> bool:
        """The one used longest ago of the owner with the most trees, if that is not in use, else another one.
        False if all are in use.
        """
        trees = Counter(tenant.owner for tenant, size in self._counted.items() if size)
        for tenant in sorted(self._tenants, key=lambda tenant: -trees[tenant.owner]):
            if self._counted.get(tenant) and tenant.shrink():
                self._count(tenant)
                return True
        return False

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
            for tenant, last in self._tenants.items()
            if now - last >= PROTECTED_S
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
        for tenant, last in self._tenants.items():
            if now - last >= IDLE_S:
                tenant.shrink()
                self._count(tenant)
        holding = [last for tenant, last in self._tenants.items() if tenant.held_bytes]
        if holding:
            next_time = max(now + IDLE_S / 10, min(holding) + IDLE_S)
            self._sweep = self._timers.call_at(next_time, self._free_idle_trees)
