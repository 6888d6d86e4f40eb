"""Which fields keep their trees: the budget, the order in which trees are freed, idle fields."""

from __future__ import annotations

import errno
import weakref
from dataclasses import dataclass

import pytest

from foretype.engine.memory import IDLE_S, POOL_ROWS, MemoryBudget
from foretype.runtime.arena import Pool
from tests.fake_time import FakeTimers
from tests.scripted_model import ScriptedModel, byte_level_vocabulary

VOCABULARY = byte_level_vocabulary()


@dataclass(eq=False)
class Tenant:
    held_bytes: int
    busy: bool = False

    def failed(self, error: Exception) -> None:
        self.held_bytes = 0

    def shrink(self) -> bool:
        if not self.busy:
            self.held_bytes = 0
        return not self.busy


def new_budget(most_bytes: int) -> tuple[MemoryBudget, FakeTimers]:
    timers = FakeTimers()
    return MemoryBudget(ScriptedModel(VOCABULARY, {}), timers, slots=8, most_bytes=most_bytes), timers


def test_the_tree_used_longest_ago_is_freed_first_but_never_one_in_use() -> None:
    budget, _ = new_budget(most_bytes=100)
    busy, old, new = Tenant(40, busy=True), Tenant(40), Tenant(40)
    for tenant in (busy, old, new):
        budget.used(tenant)
    assert (busy.held_bytes, old.held_bytes, new.held_bytes) == (40, 0, 40)


def test_growth_between_keystrokes_is_counted_though_few_fields_are_counted_at_each() -> None:
    budget, _ = new_budget(most_bytes=1000)
    tenants = [Tenant(1) for _ in range(40)]
    for tenant in tenants:
        budget.used(tenant)
    for tenant in tenants[:30]:
        tenant.held_bytes = 40
    for _ in range(5):  # eight are counted at each
        budget.used(tenants[-1])
    assert budget.held_bytes <= 1000
    assert tenants[0].held_bytes == 0
    assert tenants[29].held_bytes == 40


def test_there_is_no_arena_if_trees_in_use_take_the_whole_budget() -> None:
    budget, _ = new_budget(most_bytes=100)
    tenants = [Tenant(60, busy=True), Tenant(60, busy=True)]
    for tenant in tenants:
        budget.used(tenant)
    assert budget.arena() is None
    tenants[0].busy = False
    assert budget.arena() is not None


def test_another_pool_is_allocated_when_all_rows_are_taken() -> None:
    budget, _ = new_budget(most_bytes=100)
    arenas = [budget.arena() for _ in range(POOL_ROWS + 1)]
    pools = {id(arena.pool) for arena in arenas if arena is not None}
    assert len(arenas) == POOL_ROWS + 1
    assert len(pools) == 2


def test_fixed_memory_on_a_device_counts_whole_and_stays_allocated(monkeypatch: pytest.MonkeyPatch) -> None:
    budget, _ = new_budget(most_bytes=100)
    new_pool = ScriptedModel.new_pool

    def on_a_device(model: ScriptedModel, rows: int, capacity: int) -> Pool:
        pool = new_pool(model, rows, capacity)
        pool.fixed_bytes = 40
        return pool

    monkeypatch.setattr(ScriptedModel, "new_pool", on_a_device)
    arenas = [budget.arena() for _ in range(2 * POOL_ROWS)]
    assert None not in arenas
    assert budget.arena() is None  # a third pool would be 120
    tenant = Tenant(0)
    budget.used(tenant)
    pools = {arena.pool for arena in arenas if arena is not None}
    del arenas
    budget.gone(tenant)
    again = [budget.arena() for _ in range(2 * POOL_ROWS)]
    assert {arena.pool for arena in again if arena is not None} == pools


def test_there_is_no_arena_if_a_pool_cannot_be_allocated(monkeypatch: pytest.MonkeyPatch) -> None:
    budget, _ = new_budget(most_bytes=100)

    def full(model: ScriptedModel, rows: int, capacity: int) -> Pool:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(ScriptedModel, "new_pool", full)
    assert budget.arena() is None


def test_pools_without_a_row_in_use_are_freed_except_one() -> None:
    budget, _ = new_budget(most_bytes=100)
    tenant = Tenant(10)
    budget.used(tenant)
    arenas = [budget.arena() for _ in range(2 * POOL_ROWS + 1)]
    pools = [weakref.ref(arena.pool) for arena in arenas if arena is not None]
    kept = arenas[0]
    arenas.clear()
    budget.gone(tenant)
    assert kept is not None
    assert {pool() for pool in pools} == {kept.pool, None}


def test_idle_fields_free_their_trees_and_then_no_timer_is_left() -> None:
    budget, timers = new_budget(most_bytes=100)
    first, second = Tenant(10), Tenant(10)
    budget.used(first)
    timers.advance(IDLE_S * 500)
    budget.used(second)
    timers.advance(IDLE_S * 500)
    assert (first.held_bytes, second.held_bytes) == (0, 10)
    timers.advance(IDLE_S * 1000)
    assert second.held_bytes == 0
    assert timers.pending == 0


def test_a_closed_field_is_not_counted() -> None:
    budget, _ = new_budget(most_bytes=100)
    tenant = Tenant(90)
    budget.used(tenant)
    budget.gone(tenant)
    assert budget.held_bytes == 0
