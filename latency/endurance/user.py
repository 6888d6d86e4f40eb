"""A user of the soak, who follows a schedule (`day.py`) on one connection after the other."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, fields
from random import Random

from latency.endurance.day import Activity, schedule
from latency.endurance.place import Place
from latency.replay.connection import Connection, ServerLostError
from latency.replay.plain_typing import Final, type_plainly

OPEN_FIELDS = 4  # a fifth field closes the oldest
BRIEF_FIELDS = 8  # opened at once
BRIEF_S = 0.1  # until they are closed, which is for some of them before the answer
IDLE_FIELDS = 8


@dataclass(slots=True)
class Done:
    """What users have done, and what the server did not do. `lost`: connections that the server ended."""

    keystrokes: int = 0
    fields: int = 0
    reconnects: int = 0
    overloaded: int = 0
    other_errors: int = 0
    unanswered: int = 0
    lost: int = 0

    def answered(self, final: Final) -> None:
        self.keystrokes += 1
        self.overloaded += final.error == "overloaded"
        self.other_errors += final.error not in (None, "overloaded")
        self.unanswered += final.source is None and final.error is None

    def add(self, other: Done) -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


class User:
    def __init__(self, place: Place, rng: Random, done: Done) -> None:
        self._place = place
        self._rng = rng
        self._done = done
        self._number = 0
        self._open: deque[str] = deque()

    async def live(self, seconds: float) -> None:
        """Ends after `seconds`, or when the server has ended the connection."""
        activities = schedule(self._rng, seconds)
        try:
            while await self._one_connection(activities):
                self._done.reconnects += 1
        except ServerLostError:
            self._done.lost += 1

    async def _one_connection(self, activities: Iterator[tuple[Activity, float]]) -> bool:
        """True if the user wants a new connection. Raises `ServerLostError`."""
        self._open.clear()
        async with self._place.connection() as connection:
            for activity, length in activities:
                end = asyncio.get_running_loop().time() + length
                match activity:
                    case Activity.TYPING:
                        await self._type(connection, end)
                    case Activity.PAUSING | Activity.SLEEPING:
                        await asyncio.sleep(length)
                    case Activity.BRIEF_FIELDS:
                        await self._open_and_close(connection, end)
                    case Activity.RECONNECTING:
                        await self._connect_often(end)
                        self._leave(connection)
                        return True
        return False

    async def _type(self, connection: Connection, end: float) -> None:
        clock = asyncio.get_running_loop().time
        while clock() < end:
            if len(self._open) == OPEN_FIELDS:
                await connection.forget(self._open.popleft())
            field = self._new_field()
            self._open.append(field)
            async for final in type_plainly(connection, field, self._rng.choice(self._place.texts)):
                self._done.answered(final)
                if clock() >= end:
                    break

    async def _open_and_close(self, connection: Connection, end: float) -> None:
        while asyncio.get_running_loop().time() < end:
            names = [self._new_field() for _ in range(BRIEF_FIELDS)]
            for name in names:
                text = self._rng.choice(self._place.texts)
                before = text[: self._rng.randrange(1, len(text))]
                await connection.send(
                    {"type": "keystroke", "field": name, "seq": 1, "before": before, "after": ""}
                )
            await asyncio.sleep(BRIEF_S)
            for name in names:
                await connection.forget(name)

    async def _connect_often(self, end: float) -> None:
        while asyncio.get_running_loop().time() < end:
            async with self._place.connection() as brief:
                async for final in type_plainly(brief, "brief", self._rng.choice(self._place.texts)[:2]):
                    self._done.answered(final)
                self._leave(brief)
            self._done.reconnects += 1

    def _leave(self, connection: Connection) -> None:
        """Half of the connections end without the WebSocket's farewell, as after a loss of the network."""
        if self._rng.random() < 0.5:
            connection.cut()

    def _new_field(self) -> str:
        self._number += 1
        self._done.fields += 1
        return f"field-{self._number}"


async def stay_idle(place: Place, seconds: float, done: Done) -> None:
    """One connection whose fields sleep for `seconds`; then a keystroke in each of them must be answered."""
    try:
        async with place.connection() as connection:
            texts = {f"idle-{number}": text[:40] for number, text in enumerate(place.texts[:IDLE_FIELDS])}
            typed = {name: type_plainly(connection, name, text) for name, text in texts.items()}
            done.fields += len(typed)
            for answers in typed.values():
                done.answered(await anext(answers))
            await asyncio.sleep(seconds)
            for answers in typed.values():
                done.answered(await anext(answers))
    except ServerLostError:
        done.lost += 1
