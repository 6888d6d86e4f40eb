"""A file that an administrator may replace while the server runs: read again when it has changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from foretype.server.whole_file import MOST_BYTES, Signature, read, signature
from foretype.support.clock import Clock
from foretype.support.logs import SparseLines

T = TypeVar("T")
LOOK_SECONDS = 1.0
"""The file is checked at most this often, however many keystrokes come."""


class BadFileError(Exception):
    """The file cannot be used. The message is for the administrator; it never has any of the content."""


class WatchedFile(Generic[T]):
    """Called on the event loop: the file is small, and a look at it is one call of the system.

    If the file cannot be read later, or is damaged, its last good content stays in force.
    """

    def __init__(
        self,
        path: Path,
        parsed: Callable[[bytes], T],
        *,
        event: str,
        missing: T | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        """`parsed` raises `BadFileError`, whose message follows the path. `event`: in the log if the file
        cannot be read. `missing`: the value as long as there has never been a file; None if it has to exist.

        Raises `BadFileError`.
        """
        self._path = path
        self._parsed = parsed
        self._event = event
        self._clock = clock
        self._lines = SparseLines(clock)
        self._signature: Signature | None = None
        self._looked_at = clock()
        try:
            self._value: T = self._read()
        except FileNotFoundError:
            if missing is None:
                raise BadFileError(f"The file {path} does not exist.") from None
            self._value = missing
        except OSError as error:
            raise BadFileError(f"The file {path} cannot be read: {error.strerror}.") from None

    @property
    def value(self) -> T:
        """The newest good content."""
        now = self._clock()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            self._look()
        return self._value

    def _look(self) -> None:
        try:
            if signature(self._path.stat()) != self._signature:
                self._value = self._read()
        except FileNotFoundError:
            if self._signature is not None:
                self._lines.error(self._event, code="gone")
        except OSError as error:
            self._lines.error(self._event, code=type(error).__name__)
        except BadFileError:
            self._lines.error(self._event, code="damaged")

    def _read(self) -> T:
        """Raises `OSError` and `BadFileError`."""
        found, content = read(self._path)
        if len(content) > MOST_BYTES:
            raise BadFileError(f"The file {self._path} is longer than {MOST_BYTES:,} bytes.")
        try:
            value = self._parsed(content)
        except BadFileError as bad:
            raise BadFileError(f"The file {self._path} {bad}") from None
        self._signature = found
        return value
