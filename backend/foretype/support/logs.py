"""Log lines. No line holds typed text, at any level, because of how lines are made.

Foretype's own lines consist of fields, and only fields that `FIELDS` names are written. For an exception, its
type and its places in the code are written, never its message, which may quote typed text. For other
libraries' lines, only their place in the code is written.
"""

from __future__ import annotations

import asyncio
import logging
import math
import sys
import threading
import time
import traceback
from types import TracebackType
from typing import TextIO

from foretype.support.clock import Clock
from foretype.support.streams import Unbreakable

FIELDS = frozenset(
    {
        # numbers and closed sets of words
        "apart", "code", "close_code", "connection", "connections", "cpu_ms", "doing", "fields", "host",
        "models", "more", "ms", "phase", "port", "provider", "route",
        "stage", "status", "step_ms", "tokens", "trace",
        # places in the code
        "at", "error", "logger", "stack",
    }
)  # fmt: skip


def configure(level: str, stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (stderr by default), as key=value."""
    global _logger
    number = logging.getLevelNamesMapping()[level.upper()]
    _logger = Logger(number, stream or sys.stderr)
    root = logging.getLogger()
    root.handlers[:] = [_PlacesOnly()]
    root.setLevel(number)


class Logger:
    """Writes lines of fields: time, level, event, then the others. Any thread may use it."""

    def __init__(self, level: int, stream: TextIO) -> None:
        """`level`: that of `logging`; lines below it are dropped. If the stream is closed or full, lines are
        lost.
        """
        self._level = level
        self._stream = Unbreakable(stream)
        self._lock = threading.Lock()

    def debug(self, event: str, **fields: object) -> None:
        self.log(logging.DEBUG, event, **fields)

    def info(self, event: str, **fields: object) -> None:
        self.log(logging.INFO, event, **fields)

    def warning(self, event: str, **fields: object) -> None:
        self.log(logging.WARNING, event, **fields)

    def error(self, event: str, **fields: object) -> None:
        self.log(logging.ERROR, event, **fields)

    def log(self, level: int, event: str, **fields: object) -> None:
        if level < self._level:
            return
        first = {
            "timestamp": time.strftime("%H:%M:%S"),
            "level": logging.getLevelName(level).lower(),
            "event": event,
        }
        known = {name: value for name, value in fields.items() if name in FIELDS}
        line = " ".join(f"{name}={value!r}" for name, value in (first | known).items())
        with self._lock:
            self._stream.write(f"{line}\n")
            self._stream.flush()


_logger = Logger(logging.WARNING, sys.stderr)  # until `configure` is called


def logger() -> Logger:
    return _logger


class SparseLines:
    """Lines about events that may happen many times a second: at most one line a minute for each event.

    `more`: how many times the event has happened since its last line.
    """

    def __init__(self, clock: Clock = time.monotonic, apart_s: float = 60.0) -> None:
        self._clock = clock
        self._apart_s = apart_s
        self._next: dict[str, float] = {}
        self._more: dict[str, int] = {}

    def warning(self, event: str, **fields: object) -> None:
        self._log(logging.WARNING, event, fields)

    def error(self, event: str, **fields: object) -> None:
        self._log(logging.ERROR, event, fields)

    def _log(self, level: int, event: str, fields: dict[str, object]) -> None:
        now = self._clock()
        if now < self._next.get(event, -math.inf):
            self._more[event] = self._more.get(event, 0) + 1
            return
        self._next[event] = now + self._apart_s
        logger().log(level, event, **fields, more=self._more.pop(event, 0))


def debugging() -> bool:
    """Whether lines at debug level are written: asking costs less than making a line that is dropped."""
    return logging.getLogger().isEnabledFor(logging.DEBUG)


def of(error: BaseException) -> dict[str, str]:
    """An exception as log fields: its type and its places in the code, innermost last. No message."""
    return {"error": type(error).__name__, "stack": _places(error.__traceback__)}


def quiet_hooks() -> None:
    """Log uncaught exceptions without their messages, which Python's own hooks print."""
    sys.excepthook = lambda kind, value, trace: _uncaught(value)
    threading.excepthook = lambda args: _uncaught(args.exc_value)
    sys.unraisablehook = lambda args: _uncaught(args.exc_value)


def quiet_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Log the event loop's errors without messages: its own handler prints tasks with their exceptions."""
    loop.set_exception_handler(lambda _, context: _uncaught(context.get("exception")))


def _uncaught(error: BaseException | None) -> None:
    logger().error("uncaught", **({} if error is None else of(error)))


def _places(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)
    return " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames)


class _PlacesOnly(logging.Handler):
    """Other libraries' lines: the library, the line of its code, the type of the exception."""

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, str] = {"logger": record.name, "at": f"{record.filename}:{record.lineno}"}
        if record.exc_info and record.exc_info[1] is not None:
            fields |= of(record.exc_info[1])
        logger().log(record.levelno, "library", **fields)
