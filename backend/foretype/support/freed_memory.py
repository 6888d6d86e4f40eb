"""Overwriting freed memory, which keeps its content until it is allocated again.

Each keystroke makes copies of the text: a frame, its JSON, the text before the caret, parts of that. Small
copies are in CPython's pools, with one size of object in each pool, which `malloc_trim` does not reach.
Larger copies, and those of the tokeniser, are in the C library's heap between small objects that stay.
Without this module both stay readable until the next keystrokes.

Neither allocator lists its free blocks. But both hand out free blocks before they take new memory, and blocks
of new memory are contiguous. So blocks of each size are allocated until several contiguous ones come in a
row.
"""

from __future__ import annotations

import ctypes
import sys
import time

POOL_BYTES = 16 * 1024  # in CPython: obmalloc.c
POOLED = range(512, 32, -16)  # sizes of objects in pools; smaller objects hold no text
HEADER_BYTES = sys.getsizeof(b"")
MOST_BYTES = 4 * 1024 * 1024  # allocated for one size; an hour of typing leaves a tenth of it free
HEAP_HEADER_BYTES = 8  # in glibc: malloc.c
IN_HEAP = [*(1024 * n // 8 for n in range(256, 8, -8)), *range(1024, 16, -16)]
NEW_MEMORY_BYTES = 1024  # contiguous bytes that show that the blocks are new memory


def overwrite_pools() -> None:
    """Write zeros to the free blocks of CPython's pools. Takes some milliseconds, during which other threads
    run. Blocks that those free at the same time may be missed.
    """
    for size in POOLED:
        zeros = _free_in_pools(size)
        del zeros
        time.sleep(0)
    # Pools that have no size at the moment.
    _ = [bytes(POOLED[0] - HEADER_BYTES) for _ in range(MOST_BYTES // POOLED[0])]


def overwrite_heap() -> None:
    """Write zeros to the free blocks of that part of glibc's heap from which the calling thread allocates.
    Takes a few milliseconds. Does nothing if the C library is not glibc.
    """
    if not sys.platform.startswith("linux") or not hasattr(ctypes.CDLL(None), "malloc_trim"):
        return
    taken: list[int] = []
    for size in IN_HEAP:
        taken += _free_in_heap(size)
    for address in taken:
        _raw_free(address)


def _free_in_pools(size: int) -> list[bytes]:
    blocks: list[bytes] = []
    in_a_row = last = 0
    while in_a_row < POOL_BYTES * 3 // 4 and len(blocks) < MOST_BYTES // size:
        block = bytes(size - HEADER_BYTES)
        blocks.append(block)
        in_a_row = in_a_row + size if id(block) == last + size else 0
        last = id(block)
    return blocks


def _free_in_heap(size: int) -> list[int]:
    room = size - HEAP_HEADER_BYTES
    taken: list[int] = []
    in_a_row = last = 0
    while in_a_row < max(NEW_MEMORY_BYTES, 2 * size) and len(taken) < MOST_BYTES // size:
        address = _raw_malloc(room)
        if not address:
            break
        ctypes.memset(address, 0, room)
        taken.append(address)
        in_a_row = in_a_row + size if address == last + size else 0
        last = address
    return taken


_raw_malloc = ctypes.pythonapi.PyMem_RawMalloc
_raw_malloc.argtypes, _raw_malloc.restype = [ctypes.c_size_t], ctypes.c_void_p
_raw_free = ctypes.pythonapi.PyMem_RawFree
_raw_free.argtypes, _raw_free.restype = [ctypes.c_void_p], None
