"""The C library's memory: kept from hoarding what was given back.

glibc gives each thread an arena of its own, and once a large array was freed, it keeps arrays of that size in
the arenas. Distributions are made on the model's thread and dropped on the event loop, by the hundred, beside
small objects that stay: after some thousand keystrokes the arenas are mostly holes (docs/decisions/0015).
"""

from __future__ import annotations

import ctypes
import sys

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8  # as in malloc.h
LARGE = 128 * 1024  # bytes: a distribution over the vocabulary is larger, whatever the model
ARENAS = 2


def give_back_large_arrays() -> bool:
    """From here on an array of `LARGE` bytes or more is memory of its own, which goes back to the system with
    it, and threads share few arenas. False where the C library is not glibc; nothing is done then.

    To be called before other threads are started.
    """
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "gnu_get_libc_version"):  # musl hoards nothing and has no mallopt
        return False
    return bool(libc.mallopt(M_MMAP_THRESHOLD, LARGE)) and bool(libc.mallopt(M_ARENA_MAX, ARENAS))
