"""The time limits for the phases of an HTTP connection."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from foretype.support.clock import Timer, Timers


class Phase(Enum):
    HEAD = "head"
    """A request is expected, and its head is not complete: after the connection was opened, or after the
    first byte of a further request.
    """
    REQUEST = "request"
    """The server answers a request."""
    IDLE = "idle"
    """Between two requests."""
    SOCKET = "socket"
    """The connection is a WebSocket, which has its own limits."""
    OVER = "over"


SECONDS: dict[Phase, float] = {
    Phase.HEAD: 10.0,
    Phase.REQUEST: 120.0,  # more than the longest budget; a client that does not read ends here
    Phase.IDLE: 150.0,  # longer than proxies keep idle connections, so that they close them first
}


class Patience:
    """The phase of one connection, and its timer."""

    def __init__(self, timers: Timers, expired: Callable[[Phase], None]) -> None:
        """`expired` is called with the phase that has taken too long."""
        self._timers = timers
        self._expired = expired
        self._timer: Timer | None = None
        self.phase = Phase.HEAD

    def enter(self, phase: Phase) -> None:
        self.phase = phase
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (seconds := SECONDS.get(phase)) is not None:
            self._timer = self._timers.call_at(self._timers.time() + seconds, self._expire)

    def _expire(self) -> None:
        self._timer = None
        self._expired(self.phase)
