"""The C library's memory: what was given back to it, given back to the system.

glibc gives each thread an arena of its own, and once a large array was freed, it keeps arrays of that size in
the arenas. Distributions are made on the model's thread and dropped on the event loop, by the hundred, beside
small objects that stay: after some thousand keystrokes the arenas are mostly holes (docs/decisions/0015).
"""

from __future__ import annotations

import ctypes
import sys


def give_back() -> bool:
    """Whole pages that nothing lies in go to the system. Takes milliseconds, without Python's lock.

    False where there was none, or where the C library is not glibc; nothing is done then.
    """
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "malloc_trim"):  # musl hoards nothing
        return False
    return bool(libc.malloc_trim(0))
