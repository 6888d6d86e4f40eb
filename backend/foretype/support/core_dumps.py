"""No core dumps, because the memory of a process that reads typed text holds this text, and a token."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

PR_SET_DUMPABLE = 4  # linux/prctl.h


def forbid() -> None:
    """Forbid that the memory of this process is written to a file if it crashes. If the system refuses a
    step, the step is left out.

    On Linux, other processes of the same user can no longer read its memory either, so no debugger or
    profiler can attach to it (root still can). The amounts of memory and processor time that it uses stay
    readable. A child process that runs another program inherits only the limit, and has to forbid the rest
    itself.
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
        # The limit alone is not enough: it has no effect if dumps are passed to a program, as systemd does.
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
