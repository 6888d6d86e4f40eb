"""The number of connections that the limit of open files allows: each connection takes one file."""

from __future__ import annotations

import os
from dataclasses import dataclass

SPARE = 192
"""Files that are kept for other purposes than connections, and for connections that are being refused: the
system accepts up to 128 waiting connections before the server can close one.
"""


@dataclass(frozen=True, slots=True)
class Room:
    """`connections`: the number that may be open. `files`: the limit of open files; None if the system has
    none. `needed`: the limit that would allow all connections that were asked for. `spare`: the files
    that are kept for other purposes.
    """

    connections: int
    files: int | None
    needed: int
    spare: int = SPARE


def make_room(wanted: int) -> Room:
    """The room for `wanted` connections, or for fewer. The process's own limit is raised if the system allows
    it.
    """
    try:
        import resource
    except ImportError:  # Windows: the limit is much higher
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
        except (OSError, ValueError):  # a system may allow less than its hard limit
            pass
    return room_in(soft, needed, wanted)


def room_in(files: int, needed: int, wanted: int) -> Room:
    """The room if the limit is `files`. At most half of the free files are kept for other purposes."""
    free = max(2, files - (needed - SPARE - wanted))
    spare = min(SPARE, free // 2)
    return Room(min(wanted, free - spare), files, needed, spare)


def _open_now() -> int:
    try:
        return len(os.listdir("/dev/fd"))
    except OSError:
        return 32
