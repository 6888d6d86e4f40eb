"""Small files that several processes share: read as a whole, and replaced as a whole."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

MOST_BYTES = 4 * 1024 * 1024

Signature = tuple[int, int, int, int, int]
"""Differs between two contents of a file, so that it tells whether the file has to be read again."""


def signature(found: os.stat_result) -> Signature:
    return (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size)


def read(path: Path) -> tuple[Signature, bytes]:
    """The content, at most a little more than `MOST_BYTES`, and the signature of the file it was read from.

    Raises `OSError`. Never waits for another process, as reading a named pipe would.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "It is not a file")
        return signature(found), file.read(MOST_BYTES + 1)


def written(path: Path, content: str, finish: Callable[[int], None] = lambda handle: None) -> str:
    """The path of a new file beside `path`, with this content on the disk, that only its owner may read.

    `finish` is called with the open file before it is closed. Raises `OSError`.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            finish(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    return temporary


def put(temporary: str, path: Path) -> None:
    """Replace the file at `path` by one that `written` has made. Raises `OSError`."""
    try:
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
