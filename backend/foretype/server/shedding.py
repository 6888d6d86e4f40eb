"""Which sockets a running server closes, so that its clients spread over all servers again.

A client stays on its server as long as its socket is open. After a restart, or after a server was added,
some servers have many sockets and others none. So each socket has a longest age. A server with more sockets
than its target closes idle ones, a few a second. A server with more sockets than its share, which the load
balancer reports, closes some even if all its clients type. `Shedder` decides, without a socket or a timer;
`shed` acts.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from random import Random

from foretype.server.balance import Report
from foretype.server.service import OpenConnection
from foretype.support import logs
from foretype.support.clock import Clock

TICK_SECONDS = 1.0
IDLE_SECONDS = 10.0
"""A client that has sent no keystroke for this long is idle."""
IDLE_CLOSED_PER_SECOND = 5
IDLE_WAIT_SECONDS = 2.0
"""The longest time after which an idle client is told to connect again. A client that types connects again at
once, so that the next server reads its text before its next key. Few of them are closed in a second.
"""
YOUNGEST = 0.5
"""The ages at which sockets are closed begin at this share of the longest one, so that sockets that were
opened together are not closed together.
"""
TOLERANCE = 0.05
"""A server begins to close sockets when it is above its share by more than this part of the share, and by
more than one socket. It keeps a smaller excess, because numbers of clients vary, and because the next server
has to read the text of each client that types. A server without a share, because its weight is 0, closes all.
"""
SPREAD_SECONDS = 20.0
"""The time in which the sockets above the share would be closed if the rate stayed the same. The rate falls
with their number, so 95 % of them are closed after three times as long.
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

    def __init__(
        self,
        policy: ShedPolicy,
        clock: Clock,
        random: Random | None = None,
        report: Callable[[], Report | None] = lambda: None,
    ) -> None:
        """report: the newest one of the load balancer, None if there is none."""
        self._policy = policy
        self._clock = clock
        self._random = random or Random()
        self._report = report
        self._is_spreading = False  # whether it is closing sockets above the share
        self._ends: dict[OpenConnection, float] = {}  # when each open socket reaches its age
        self._leaving: set[OpenConnection] = set()

    def due(self, connections: Iterable[OpenConnection]) -> list[Closing]:
        """The sockets to close now, each of them once. `connections`: all that are open."""
        now = self._clock()
        everyone = set(connections)
        self._leaving &= everyone
        self._ends = {one: self._ends.get(one) or now + self._drawn_age() for one in everyone}
        closings = []
        for rule in (self._old, self._above_target, self._above_share):
            chosen = rule([one for one in everyone if one not in self._leaving])
            self._leaving.update(chosen)
            closings += [self._closing(one) for one in chosen]
        return closings

    def _drawn_age(self) -> float:
        longest = self._policy.longest_age_s
        return float("inf") if longest is None else longest * self._random.uniform(YOUNGEST, 1)

    def _old(self, staying: list[OpenConnection]) -> list[OpenConnection]:
        now = self._clock()
        return [one for one in staying if self._ends[one] <= now]

    def _above_target(self, staying: list[OpenConnection]) -> list[OpenConnection]:
        """The sockets that have been idle for longest, if there are more sockets than the target."""
        target = self._policy.target
        if target is None or len(staying) <= target:
            return []
        return _longest_idle(staying)[: min(IDLE_CLOSED_PER_SECOND, len(staying) - target)]

    def _above_share(self, staying: list[OpenConnection]) -> list[OpenConnection]:
        """Some of the sockets above the share: idle ones, and if there are too few, those of clients that
        type, the oldest ones first, because their age would end soon.
        """
        excess = self._excess(len(staying))
        if excess < 1:
            return []
        enough = min(math.floor(excess), math.ceil(excess * TICK_SECONDS / SPREAD_SECONDS))
        idle = _longest_idle(staying)[: min(math.floor(excess), max(enough, IDLE_CLOSED_PER_SECOND))]
        typing = sorted((one for one in staying if not _is_idle(one)), key=self._ends.__getitem__)
        return idle + typing[: max(0, enough - len(idle))]

    def _excess(self, staying: int) -> float:
        """How many sockets there are above the share. 0 as long as they are few.

        The report may be older than some sockets, and may count others that have left since. So the smaller
        of both numbers of sockets counts.
        """
        report = self._report()
        if report is None:
            self._is_spreading = False
            return 0.0
        excess = min(staying, report.sockets) - report.share
        if excess < 1:
            self._is_spreading = False
        elif excess > max(min(1.0, report.share), TOLERANCE * report.share):
            self._is_spreading = True
        return excess if self._is_spreading else 0.0

    def _closing(self, connection: OpenConnection) -> Closing:
        if _is_idle(connection):
            wait_s = self._random.uniform(0, IDLE_WAIT_SECONDS)
            return Closing(connection, after_answer=False, wait_s=wait_s)
        return Closing(connection, after_answer=True, wait_s=0.0)


def _is_idle(connection: OpenConnection) -> bool:
    return connection.idle_seconds >= IDLE_SECONDS


def _longest_idle(staying: Iterable[OpenConnection]) -> list[OpenConnection]:
    """The idle ones, those that were idle for longest first."""
    return sorted((one for one in staying if _is_idle(one)), key=lambda one: -one.idle_seconds)


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
