"""No core dumps: the memory of a process that reads typed text holds it, and a token beside it."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

PR_SET_DUMPABLE = 4  # linux/prctl.h


def forbid() -> None:
    """If this process crashes, its memory is written nowhere. What cannot be forbidden is left as it is.

    On Linux other processes of the same user can also read its memory no more: no debugger, no profiler that
    attaches itself (root still can). How much memory and processor time it takes stays readable. A child
    that runs another program has the limit, and has to forbid the rest itself.
    """
    if sys.platform == "win32":
        import msvcrt

        mode = msvcrt.SetErrorMode(0)
        msvcrt.SetErrorMode(mode | msvcrt.SEM_FAILCRITICALERRORS | msvcrt.SEM_NOGPFAULTERRORBOX)
        return
    import resource

    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform.startswith("linux"):
        # The limit alone is not enough: it does not hold where dumps go to a program, as systemd has it.
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
