"""Returning memory that was freed from the C library to the system.

glibc has an arena for each thread, and once a large array has been freed, it keeps arrays of that size in its
arenas. Hundreds of distributions are allocated on the model's thread and freed on the event loop, beside
small objects that stay. After some thousand keystrokes the arenas are mostly free memory
(docs/decisions/0015).
"""

from __future__ import annotations

import ctypes
import sys


def give_back() -> bool:
    """Return pages that hold nothing to the system. Takes milliseconds, without Python's lock.

    False if there was no such page, or if the C library is not glibc: then nothing is done.
    """
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "malloc_trim"):  # musl keeps no freed memory
        return False
    return bool(libc.malloc_trim(0))
