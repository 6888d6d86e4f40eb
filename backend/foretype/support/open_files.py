"""How many connections fit under this process's limit of open files: each takes one."""

from __future__ import annotations

import os
from dataclasses import dataclass

SPARE = 192
"""Files for everything that is no connection, and for connections that are being refused: the system accepts
as many as wait (128) before the server can close one.
"""


@dataclass(frozen=True, slots=True)
class Room:
    """`connections` fit, because the process may open `files`; `needed` would be enough for all that were
    asked for. `files` is None if the system has no such limit.
    """

    connections: int
    files: int | None
    needed: int


def make_room(wanted: int) -> Room:
    """Room for so many connections, if the system allows: the process's own limit is raised if it can be."""
    try:
        import resource
    except ImportError:  # Windows: the limit is far away
        return Room(wanted, None, wanted)
    needed = _open_now() + SPARE + wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return Room(wanted, None, needed)
    if soft < needed:
        allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
            soft = allowed
        except (OSError, ValueError):  # a system may allow less than it says
            pass
    return room_in(soft, needed, wanted)


def room_in(files: int, needed: int, wanted: int) -> Room:
    """The room if the limit is `files`. Of few files, half are spared."""
    free = max(2, files - (needed - SPARE - wanted))
    return Room(min(wanted, free - min(SPARE, free // 2)), files, needed)


def _open_now() -> int:
    try:
        return len(os.listdir("/dev/fd"))
    except OSError:
        return 32
