"""Freed memory, overwritten: what was there stays in it until something else needs the place.

Each key makes copies of the text: a frame, its JSON, the text before the caret, parts of that. Small ones lie
in CPython's pools, one size a pool, which `malloc_trim` does not reach; larger ones and the tokeniser's lie
in the C library's heap between small things that stay. As long as nobody types, both would be readable.

There is no way to ask for what is free. But both allocators give it out before they take new memory, and new
memory comes in a row: so everything is taken that does not.
"""

from __future__ import annotations

import ctypes
import sys
import time

POOL_BYTES = 16 * 1024  # obmalloc.c
POOLED = range(512, 32, -16)  # sizes of objects in pools; no text fits in smaller ones
HEADER_BYTES = sys.getsizeof(b"")
# Of one size. An hour of typing leaves a tenth of it free.
MOST_BYTES = 4 * 1024 * 1024
HEAP_HEADER_BYTES = 8  # malloc.c
IN_HEAP = [*(1024 * n // 8 for n in range(256, 8, -8)), *range(1024, 16, -16)]
A_ROW_BYTES = 1024


def overwrite_pools() -> None:
    """Zeros into all that is free in CPython's pools. Takes some milliseconds, between which other threads
    run; what those free meanwhile may be missed.
    """
    for size in POOLED:
        zeros = _free_in_pools(size)
        del zeros
        time.sleep(0)
    # Pools that are of no size now.
    _ = [bytes(POOLED[0] - HEADER_BYTES) for _ in range(MOST_BYTES // POOLED[0])]


def overwrite_heap() -> None:
    """Likewise in the part of glibc's heap that the calling thread takes its memory from, in a few
    milliseconds. Elsewhere nothing is done.
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
    while in_a_row < max(A_ROW_BYTES, 2 * size) and len(taken) < MOST_BYTES // size:
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
