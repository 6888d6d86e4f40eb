"""Which sockets a running server closes, so that its clients spread over all servers again.

A client stays on its server as long as its socket is open. After a restart, or after a server was added,
some servers have many sockets and others none. So each socket has a longest age, and a server with more
sockets than its target closes idle ones, a few a second. `Shedder` decides, without a socket or a timer;
`shed` acts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from random import Random

from foretype.server.service import OpenConnection
from foretype.support import logs
from foretype.support.clock import Clock

TICK_SECONDS = 1.0
IDLE_SECONDS = 10.0
"""A client that has sent no keystroke for so long is idle."""
IDLE_CLOSED_PER_SECOND = 5
IDLE_WAIT_SECONDS = 2.0
TYPING_WAIT_SECONDS = 0.25
"""The longest times after which an idle client, or one that is typing, is told to connect again."""
YOUNGEST = 0.5
"""The ages at which sockets are closed begin at this share of the longest one, so that sockets that were
opened together are not closed together.
"""

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ShedPolicy:
    """longest_age_s: None means no limit. target: the number of sockets that the server should have at most;
    None means that it does not matter.
    """

    longest_age_s: float | None = None
    target: int | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """A socket to close. after_answer: its client is typing, so wait for its next final answer. wait_s: when
    the client may connect again.
    """

    connection: OpenConnection
    after_answer: bool
    wait_s: float


class Shedder:
    """Called on the event loop, about once a second."""

    def __init__(self, policy: ShedPolicy, clock: Clock, random: Random | None = None) -> None:
        self._policy = policy
        self._clock = clock
        self._random = random or Random()
        self._ends: dict[OpenConnection, float] = {}  # when each open socket reaches its age
        self._leaving: set[OpenConnection] = set()

    def due(self, connections: Iterable[OpenConnection]) -> list[Closing]:
        """The sockets to close now, each of them once. `connections`: all that are open."""
        now = self._clock()
        everyone = set(connections)
        self._leaving &= everyone
        self._ends = {one: self._ends.get(one) or now + self._drawn_age() for one in everyone}
        staying = [one for one in everyone if one not in self._leaving]
        chosen = [one for one in staying if self._ends[one] <= now]
        chosen += self._above_target([one for one in staying if self._ends[one] > now])
        self._leaving.update(chosen)
        return [self._closing(one) for one in chosen]

    def _drawn_age(self) -> float:
        longest = self._policy.longest_age_s
        return float("inf") if longest is None else longest * self._random.uniform(YOUNGEST, 1)

    def _above_target(self, staying: list[OpenConnection]) -> list[OpenConnection]:
        """The sockets that have been idle for longest, if there are more sockets than the target."""
        target = self._policy.target
        if target is None or len(staying) <= target:
            return []
        idle = sorted((one for one in staying if _is_idle(one)), key=lambda one: -one.idle_seconds)
        return idle[: min(IDLE_CLOSED_PER_SECOND, len(staying) - target)]

    def _closing(self, connection: OpenConnection) -> Closing:
        is_typing = not _is_idle(connection)
        longest = TYPING_WAIT_SECONDS if is_typing else IDLE_WAIT_SECONDS
        return Closing(connection, is_typing, self._random.uniform(0, longest))


def _is_idle(connection: OpenConnection) -> bool:
    return connection.idle_seconds >= IDLE_SECONDS


async def shed(
    shedder: Shedder, connections: Callable[[], Iterable[OpenConnection]], sleep: Sleep = asyncio.sleep
) -> None:
    """Close the sockets that `shedder` chooses, until this is cancelled. Draining then closes those that are
    left.
    """
    async with asyncio.TaskGroup() as closings:
        while True:
            await sleep(TICK_SECONDS)
            for closing in shedder.due(connections()):
                closings.create_task(_close(closing))


async def _close(closing: Closing) -> None:
    try:
        if closing.after_answer:
            await closing.connection.just_answered(IDLE_SECONDS)
        await closing.connection.move(closing.wait_s)
    except Exception as error:  # one socket must not keep the others open
        logs.logger().error("shedding_failed", **logs.of(error))
