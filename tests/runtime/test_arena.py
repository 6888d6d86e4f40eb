"""The buffer of past key values: slots, room, and what it costs."""

from __future__ import annotations

import numpy as np
import psutil
import pytest

from foretype.models.manifest import Geometry
from foretype.runtime.arena import ArenaFullError, lone_arena
from foretype.runtime.host_pool import HostPool, slots_of

SMOLLM2 = Geometry(layers=30, kv_heads=3, head_dim=64, vocab_size=49152, context_length=2048)


def test_slots_are_given_in_order_until_there_are_none() -> None:
    arena = lone_arena(HostPool(SMOLLM2, 1, 8))
    assert (arena.claim(3), arena.claim(5)) == (0, 3)
    with pytest.raises(ArenaFullError):
        arena.claim(1)


def test_compacting_keeps_what_is_named_in_its_order() -> None:
    arena = lone_arena(HostPool(SMOLLM2, 1, 8))
    arena.claim(8)
    slots_of(arena)[...] = np.arange(8, dtype=np.float32)[:, None]
    arena.compact(np.array([0, 3, 5, 7]))
    arena.compact(np.array([0, 1, 3]))  # before any run: both count
    arena.settle()
    assert arena.length == 3
    assert slots_of(arena)[0, 0, 0, 0, :3, 0].tolist() == [0, 3, 7]


def test_what_is_adopted_is_a_copy() -> None:
    begun, arena = lone_arena(HostPool(SMOLLM2, 1, 4)), lone_arena(HostPool(SMOLLM2, 1, 8))
    begun.claim(4)
    slots_of(begun)[...] = np.arange(4, dtype=np.float32)[:, None]
    arena.adopt(begun, 4)
    arena.compact(np.array([1, 3]))  # before any run: both count
    arena.settle()
    slots_of(begun)[...] = 9.0
    assert arena.length == 2
    assert slots_of(arena)[0, 0, 0, 0, :2, 0].tolist() == [1, 3]


def test_slots_that_were_never_written_cost_no_memory() -> None:
    """A few slots of many arenas must not make whole arenas resident, as huge pages would."""
    process = psutil.Process()
    before = process.memory_info().rss
    arenas = [lone_arena(HostPool(SMOLLM2, 1, 1024)) for _ in range(8)]
    for arena in arenas:
        arena.claim(8)
        slots_of(arena)[..., :8, :] = 0.0
    grown = process.memory_info().rss - before
    whole = sum(slots_of(arena).nbytes for arena in arenas)
    assert grown < whole / 10


def test_rows_are_given_out_lowest_first_and_come_back_with_their_memory() -> None:
    process = psutil.Process()
    pool = HostPool(SMOLLM2, 3, 1023)
    first, second, third = (pool.take() for _ in range(3))
    assert first is not None
    assert second is not None
    assert pool.take() is None
    assert (first.row, second.row) == (0, 1)
    slots_of(second)[...] = 1.0
    assert third is not None
    slots_of(third)[..., :4, :] = 3.0
    full = process.memory_info().rss
    del second
    again = pool.take()
    assert again is not None
    assert again.row == 1
    assert full - process.memory_info().rss > slots_of(again).nbytes * 0.9
    assert (slots_of(third)[..., :4, :] == 3.0).all()


def test_a_part_of_the_slots_can_be_adopted() -> None:
    begun, arena = lone_arena(HostPool(SMOLLM2, 1, 4)), lone_arena(HostPool(SMOLLM2, 1, 8))
    begun.claim(4)
    slots_of(begun)[...] = np.arange(4, dtype=np.float32)[:, None]
    slots_of(arena)[...] = -1.0
    arena.adopt(begun, 3)
    arena.settle()
    assert arena.length == 3
    assert slots_of(arena)[0, 0, 0, 0, :4, 0].tolist() == [0, 1, 2, -1]
