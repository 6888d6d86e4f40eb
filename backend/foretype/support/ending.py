"""Ends a process with its exit code, whatever its threads do.

When Python exits in its own way, it frees memory that its threads still use. If one of them is inside a run
of ONNX Runtime at that time, the run reads freed memory, and the thread ends in the middle of C++ code, which
aborts the process (SIGABRT).
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells give it."""


def leave(code: int) -> NoReturn:
    """End the process now. Printed text is flushed. No thread is waited for, and no `finally` or `atexit`
    code runs.
    """
    for stream in (sys.stdout, sys.stderr):
        # A stream may be closed, or None; its reader may be gone.
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)


def to_the_end(work: Callable[[], None]) -> None:
    """Run `work` as the last thing of the process. If a daemon thread is left after it, this function ends
    the process; otherwise Python ends it in its own way.
    """
    try:
        work()
    except BaseException as error:
        if _daemons_are_left():
            leave(_code(error))
        raise
    if _daemons_are_left():
        leave(0)


def _daemons_are_left() -> bool:
    return any(thread.daemon for thread in threading.enumerate())


def _code(error: BaseException) -> int:
    """The exit code that Python would give for this error. Prints what Python would print."""
    if isinstance(error, SystemExit) and (error.code is None or isinstance(error.code, int)):
        return error.code or 0
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, SystemExit):
        with suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(f"{error.code}\n")
    else:
        sys.excepthook(type(error), error, error.__traceback__)
    return 1
