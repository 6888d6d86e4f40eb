"""Log lines. Typed text is in none of them, at any level, and that is so by construction.

Foretype's own lines have fields, and only fields named in `FIELDS` are written. Of an exception the type and
the places in the code are written, never its message, which may quote what was typed. Of other libraries'
lines only where they come from is written.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import traceback
from contextlib import suppress
from types import TracebackType
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger

FIELDS = frozenset(
    {
        # structlog's own
        "event", "level", "timestamp",
        # numbers and closed sets of words
        "apart", "code", "close_code", "connection", "connections", "doing", "fields", "host", "model", "ms",
        "phase", "port", "provider", "route",
        "stage", "status", "trace",
        # where in the code
        "at", "error", "logger", "stack",
    }
)  # fmt: skip


def configure(level: str, stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (stderr by default), as key=value."""
    target = stream or sys.stderr
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
            _only_known_fields,
            structlog.processors.KeyValueRenderer(
                key_order=["timestamp", "level", "event"], drop_missing=True
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Unbreakable(target))),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_PlacesOnly()]
    root.setLevel(number)


def logger() -> FilteringBoundLogger:
    log: FilteringBoundLogger = structlog.get_logger()
    return log


def debugging() -> bool:
    """Whether lines at debug level are written: to ask costs less than a line that is thrown away."""
    return logging.getLogger().isEnabledFor(logging.DEBUG)


def of(error: BaseException) -> dict[str, str]:
    """An exception as log fields: its type and where it went through, innermost last, without its message."""
    return {"error": type(error).__name__, "stack": _places(error.__traceback__)}


def quiet_hooks() -> None:
    """Have exceptions that nobody catches logged as ours are: Python's own hooks print their messages."""
    sys.excepthook = lambda kind, value, trace: _uncaught(value)
    threading.excepthook = lambda args: _uncaught(args.exc_value)
    sys.unraisablehook = lambda args: _uncaught(args.exc_value)


def quiet_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Likewise for what the event loop reports: its default prints tasks with their exceptions."""
    loop.set_exception_handler(lambda _, context: _uncaught(context.get("exception")))


def _uncaught(error: BaseException | None) -> None:
    logger().error("uncaught", **({} if error is None else of(error)))


def _only_known_fields(_: Any, __: str, event: EventDict) -> EventDict:
    return {name: value for name, value in event.items() if name in FIELDS}


def _places(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)
    return " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames)


class _Unbreakable:
    """A stream whose reader may go: a line that nobody reads must not end what was being done."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            return self._stream.write(text)
        return 0

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


class _PlacesOnly(logging.Handler):
    """Other libraries' lines: which library, which line of its code, which type of exception."""

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, str] = {"logger": record.name, "at": f"{record.filename}:{record.lineno}"}
        if record.exc_info and record.exc_info[1] is not None:
            fields |= of(record.exc_info[1])
        logger().log(record.levelno, "library", **fields)
