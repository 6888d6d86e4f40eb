"""The memory for trees: the budget, the order in which trees are freed, idle fields."""

from __future__ import annotations

import errno
import weakref
from dataclasses import dataclass

import pytest

from foretype.engine.contract import Owner
from foretype.engine.memory import IDLE_S, POOL_ROWS, PROTECTED_S, MemoryBudget, ModelMemory
from foretype.runtime.arena import Arena, Pool
from tests.fake_time import FakeTimers
from tests.scripted_model import ScriptedModel, byte_level_vocabulary

ME = Owner.alone("me")
VOCABULARY = byte_level_vocabulary()


@dataclass(eq=False)
class Tenant:
    held_bytes: int
    busy: bool = False
    owner: Owner = ME

    def failed(self, error: Exception) -> None:
        self.held_bytes = 0

    def shrink(self) -> bool:
        if not self.busy:
            self.held_bytes = 0
        return not self.busy


class Budget:
    """The memory budget with one model."""

    def __init__(self, timers: FakeTimers, most_bytes: int) -> None:
        self.of_all = MemoryBudget(timers, most_bytes)
        self.of_model = self.of_all.of_model(ScriptedModel(VOCABULARY, {}), slots=8)
        self.arena, self.used, self.gone = self.of_model.arena, self.of_model.used, self.of_model.gone
        self.close = self.of_all.close

    @property
    def held_bytes(self) -> int:
        return self.of_all.held_bytes


def new_budget(most_bytes: int) -> tuple[Budget, FakeTimers]:
    timers = FakeTimers()
    return Budget(timers, most_bytes), timers


def test_the_tree_used_longest_ago_is_freed_first_but_never_one_in_use() -> None:
    budget, _ = new_budget(most_bytes=100)
    busy, old, new = Tenant(40, busy=True), Tenant(40), Tenant(40)
    for tenant in (busy, old, new):
        budget.used(tenant)
    assert (busy.held_bytes, old.held_bytes, new.held_bytes) == (40, 0, 40)


def test_an_owner_with_many_trees_frees_its_own_first() -> None:
    budget, _ = new_budget(most_bytes=100)
    mine = Tenant(30)
    greedy = [Tenant(20, owner=Owner.alone("greedy")) for _ in range(8)]
    for tenant in (mine, *greedy):
        budget.used(tenant)
    assert mine.held_bytes == 30
    assert sum(tenant.held_bytes for tenant in greedy) == 60
    assert greedy[-1].held_bytes == 20


def test_the_people_of_a_token_share_its_part_of_the_memory() -> None:
    budget, _ = new_budget(most_bytes=120)
    mine = Tenant(50)
    people = [Tenant(20, owner=Owner("fixed", str(number))) for number in range(8)]
    for tenant in (mine, *people):
        budget.used(tenant)
    assert mine.held_bytes == 50
    assert [tenant.held_bytes for tenant in people] == [0] * 5 + [20] * 3


def test_a_tree_that_was_not_used_for_a_while_is_not_protected() -> None:
    budget, timers = new_budget(most_bytes=100)
    mine, theirs = Tenant(30), [Tenant(40, owner=Owner.alone("other")) for _ in range(2)]
    budget.used(mine)
    timers.advance(PROTECTED_S * 1000)
    for tenant in theirs:
        budget.used(tenant)
    assert mine.held_bytes == 0
    assert [tenant.held_bytes for tenant in theirs] == [40, 40]


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


@pytest.fixture
def on_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each pool holds 40 bytes all the time."""
    new_pool = ScriptedModel.new_pool

    def new_device_pool(model: ScriptedModel, rows: int, capacity: int) -> Pool:
        pool = new_pool(model, rows, capacity)
        pool.fixed_bytes = 40
        return pool

    monkeypatch.setattr(ScriptedModel, "new_pool", new_device_pool)


@pytest.mark.usefixtures("on_a_device")
def test_if_all_rows_of_a_device_are_taken_the_owner_with_the_most_trees_gives_one_back() -> None:
    class Field(Tenant):
        arena: Arena | None = None

        def shrink(self) -> bool:
            self.arena = None
            return super().shrink()

    budget, _ = new_budget(most_bytes=100)
    mine, *theirs = [Field(1), *(Field(1, owner=Owner.alone("greedy")) for _ in range(2 * POOL_ROWS - 1))]
    for field in (mine, *theirs):
        field.arena = budget.arena()
        budget.used(field)
    assert budget.arena() is not None
    assert [field.held_bytes for field in (mine, *theirs[:2])] == [1, 0, 1]


@pytest.mark.usefixtures("on_a_device")
def test_fixed_memory_on_a_device_counts_whole_and_stays_allocated() -> None:
    budget, _ = new_budget(most_bytes=100)
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


# -- several models --------------------------------------------------------------------------------


def two_models(most_bytes: int) -> tuple[MemoryBudget, ModelMemory, ModelMemory]:
    budget = MemoryBudget(FakeTimers(), most_bytes)
    return budget, *(budget.of_model(ScriptedModel(VOCABULARY, {}), slots=8) for _ in range(2))


def test_models_take_of_one_budget_what_their_fields_need() -> None:
    budget, one, two = two_models(most_bytes=100)
    mine = [Tenant(30) for _ in range(3)]
    for tenant in mine:
        one.used(tenant)
    assert budget.held_bytes == 90  # one model may use more than its half
    theirs = Tenant(60)
    two.used(theirs)
    assert [tenant.held_bytes for tenant in (*mine, theirs)] == [0, 0, 30, 60]
    one.gone(mine[2])
    two.used(Tenant(40))
    assert budget.held_bytes == 100


def test_what_a_runtime_keeps_for_itself_is_taken_off_the_budget() -> None:
    budget = MemoryBudget(FakeTimers(), 100)
    one, _ = (budget.of_model(ScriptedModel(VOCABULARY, {}), 8, own_bytes=30) for _ in range(2))
    busy = Tenant(40, busy=True)
    one.used(busy)
    assert one.arena() is not None
    busy.held_bytes = 41
    one.used(busy)
    assert one.arena() is None


@pytest.mark.usefixtures("on_a_device")
def test_each_model_gets_its_first_pool_on_a_device_and_then_all_pools_count() -> None:
    _, one, two = two_models(most_bytes=100)
    arenas = [model.arena() for model in (one, two) for _ in range(POOL_ROWS)]
    assert None not in arenas
    assert one.arena() is None  # a third pool would be 120


@pytest.mark.usefixtures("on_a_device")
def test_if_all_rows_of_a_model_are_taken_a_field_of_this_model_gives_one_back() -> None:
    class Field(Tenant):
        arena: Arena | None = None

        def shrink(self) -> bool:
            self.arena = None
            return super().shrink()

    _, one, two = two_models(most_bytes=100)
    other, *mine = (Field(1) for _ in range(1 + POOL_ROWS))
    other.arena = two.arena()
    two.used(other)
    for field in mine:
        field.arena = one.arena()
        one.used(field)
    assert one.arena() is not None
    assert [field.held_bytes for field in (other, *mine[:2])] == [1, 0, 1]


def test_if_a_model_loses_its_trees_those_of_others_are_freed_unless_they_are_in_use() -> None:
    class Lost(Tenant):
        lost = False

        def failed(self, error: Exception) -> None:
            self.lost = True
            super().failed(error)

    budget, one, two = two_models(most_bytes=1000)
    lost, idle, busy = Lost(10, busy=True), Lost(20), Lost(30, busy=True)
    one.used(lost)
    for tenant in (idle, busy):
        two.used(tenant)
    one.clear(MemoryError())
    assert [(tenant.lost, tenant.held_bytes) for tenant in (lost, idle, busy)] == [
        (True, 0),
        (False, 0),
        (False, 30),
    ]
    assert budget.held_bytes == 30
