"""Memory for the fields' trees: a budget in bytes for one and for all, and who gives up theirs first."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from foretype.runtime.arena import Arena, Pool
from foretype.runtime.out_of_memory import OutOfMemoryError, recognised
from foretype.support import logs
from foretype.support.clock import Timer, Timers

MEBIBYTE = 1024 * 1024
POOL_ROWS = 32  # fields that may be served in one run; those of another pool have a run of their own
ASKED_AT_ONCE = 8  # fields, at each keystroke, what they hold
IDLE_S = 600.0  # a field that nobody has typed in for so long gives its tree back


class Tenant(Protocol):
    """A field, as far as its memory goes."""

    @property
    def held_bytes(self) -> int: ...

    def shrink(self) -> bool:
        """Give the tree back; False if something is going on in it."""

    def failed(self, error: Exception) -> None:
        """The tree is lost."""


class PoolSource(Protocol):
    """Where pools come from: a runtime, as far as that matters here."""

    def new_pool(self, rows: int, capacity: int) -> Pool: ...


class MemoryBudget:
    """Lives on the event loop. Who was typed in longest ago gives up first."""

    def __init__(self, source: PoolSource, timers: Timers, slots: int, most_bytes: int) -> None:
        """`slots`: tokens of one arena. `most_bytes`: past key values and distributions of all tenants."""
        self._source = source
        self._timers = timers
        self._slots = slots
        self._most_bytes = most_bytes
        self._pools: list[Pool] = []
        self._tenants: dict[Tenant, float] = {}  # when each was used last, the longest ago first
        self._counted: dict[Tenant, int] = {}  # what each held when it was asked last
        self._held = 0  # the sum of these
        self._to_ask: deque[Tenant] = deque()  # in this round
        self._sweep: Timer | None = None

    @property
    def held_bytes(self) -> int:
        return sum(tenant.held_bytes for tenant in self._tenants)

    def arena(self) -> Arena | None:
        """An empty one; None where all memory is in use by fields that somebody waits for, or there is none
        for more of them.
        """
        if self._make_room(None) > self._most_bytes:
            return None
        for pool in self._pools:
            arena = pool.take()
            if arena is not None:
                return arena
        if self._pools and self._with_one_pool_more() > self._most_bytes:
            return None
        try:
            self._pools.append(self._source.new_pool(POOL_ROWS, self._slots))
        except Exception as error:
            if not isinstance(recognised(error), OutOfMemoryError):
                raise
            logs.logger().error("no_room", **logs.of(error))
            return None
        return self._pools[-1].take()

    def used(self, tenant: Tenant) -> None:
        """`tenant` is the one typed in now."""
        self._tenants.pop(tenant, None)
        self._tenants[tenant] = self._timers.time()
        self._count(tenant)
        self._ask_some()
        self._make_room(tenant)
        if self._sweep is None:
            self._sweep = self._timers.call_at(self._timers.time() + IDLE_S, self._sweep_out)

    def gone(self, tenant: Tenant) -> None:
        """`tenant` has given its tree back. A pool that nobody has a row of goes, but for one, and those on a
        device: what was recorded there is of use only where it was.
        """
        self._tenants.pop(tenant, None)
        self._held -= self._counted.pop(tenant, 0)
        if not self._tenants:
            self._to_ask.clear()  # they would be kept in memory
        if len(self._pools) > 1:
            kept = [pool for pool in self._pools if pool.fixed_bytes or not pool.is_free]
            self._pools = kept or self._pools[:1]

    def clear(self, error: Exception) -> None:
        """Everybody's tree is lost for this reason, and all memory goes back. No run may be under way."""
        for tenant in self._tenants:
            tenant.failed(error)
            self._count(tenant)
        self._pools.clear()

    def close(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()

    def _with_one_pool_more(self) -> int:
        """What the pools would take that take all of their memory at once."""
        return sum(pool.fixed_bytes for pool in self._pools) + self._pools[0].fixed_bytes

    def _make_room(self, spared: Tenant | None) -> int:
        """The bytes held after those who could have given up what is too much."""
        if self._held > self._most_bytes:
            for tenant in self._tenants:
                self._count(tenant)
        for tenant in self._tenants:
            if self._held <= self._most_bytes:
                break
            if tenant is not spared and tenant.shrink():
                self._count(tenant)
        return self._held

    def _ask_some(self) -> None:
        """What a field holds grows between its keystrokes, and to ask hundreds at each one takes too long."""
        for _ in range(min(ASKED_AT_ONCE, len(self._tenants))):
            if not self._to_ask:
                self._to_ask.extend(self._tenants)
            tenant = self._to_ask.popleft()
            if tenant in self._tenants:
                self._count(tenant)

    def _count(self, tenant: Tenant) -> None:
        now = tenant.held_bytes
        self._held += now - self._counted.get(tenant, 0)
        self._counted[tenant] = now

    def _sweep_out(self) -> None:
        """Takes back what idle fields hold. Runs again only while somebody holds anything: an idle server
        has no timers.
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
            self._sweep = self._timers.call_at(next_time, self._sweep_out)
