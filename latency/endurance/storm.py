"""Sends frames over several connections as quickly as the server reads them, and counts what comes back."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import aiohttp

from latency.endurance.made_frames import AWAITED, FrameMaker, MadeFrame, Sort
from latency.endurance.place import Place
from latency.replay.connection import WELCOME_TIMEOUT_S, ServerLostError

AT_ONCE = 200
"""Frames between two waits: for the errors of the wrong ones among them, and for the answer to a keystroke.
Most other keystrokes are overtaken too quickly to get an answer.
"""
ANSWER_TIMEOUT_S = 60.0
REFUSALS = frozenset({"bad_message", "text_too_long"})
"""The codes of the errors for wrong frames."""


@dataclass(slots=True)
class Tally:
    """sent: frames by sort. errors: the server's, by code. unanswered: wrong frames without an error, and
    keystrokes without a final answer among those that were waited for.
    lost: connections that ended without a frame that ends them. closed: close codes of the others.
    """

    sent: Counter[Sort] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    suggestions: int = 0
    unanswered: int = 0
    lost: int = 0
    closed: Counter[int] = field(default_factory=Counter)


async def storm(
    place: Place,
    frames: int,
    connections: int,
    seed: int,
    progress: Callable[[], None],
) -> Tally:
    """Sends `frames` frames over `connections` connections. Raises `ServerLostError`."""
    tally = Tally()
    parts = [frames // connections + (number < frames % connections) for number in range(connections)]
    async with asyncio.TaskGroup() as group:
        for number, part in enumerate(parts):
            group.create_task(_send_part(place, part, Random(f"{seed}/{number}"), tally, progress))
    return tally


async def _send_part(
    place: Place,
    frames: int,
    rng: Random,
    tally: Tally,
    progress: Callable[[], None],
) -> None:
    while frames:
        async with place.http.ws_connect(
            f"{place.address}/v1/socket", protocols=("foretype.v1",), compress=0
        ) as socket:
            await socket.send_json({"type": "hello", "token": place.token})
            if (await socket.receive_json(timeout=WELCOME_TIMEOUT_S))["type"] != "welcome":
                raise ServerLostError("The server refused a connection.")
            frames -= await _Stream(socket, tally, progress).send(FrameMaker(place.texts, rng), frames)


class _Stream:
    """One connection: this task sends, and a reader counts."""

    def __init__(
        self, socket: aiohttp.ClientWebSocketResponse, tally: Tally, progress: Callable[[], None]
    ) -> None:
        self._socket = socket
        self._tally = tally
        self._progress = progress
        self._wrong = 0
        self._refused = 0
        self._waiting = False  # for the final answer to a keystroke
        self._read_one = asyncio.Event()

    async def send(self, maker: FrameMaker, at_most: int) -> int:
        """Sends frames until one ends the connection or the connection is lost. Returns their number."""
        reader = asyncio.create_task(self._read())
        count = 0
        try:
            for count, made in enumerate(maker.frames(), 1):
                if made.sort is Sort.ENDING or count % AT_ONCE == 0:
                    await self._all_answered(maker, reader)
                await self._send(made)
                if made.sort is Sort.ENDING or count == at_most or reader.done():
                    break
            await self._end(maker, reader, ended_by_server=made.sort is Sort.ENDING)
        except ConnectionError:
            self._tally.lost += 1
        finally:
            reader.cancel()
        return count

    async def _send(self, made: MadeFrame) -> None:
        self._tally.sent[made.sort] += 1
        self._wrong += made.sort is Sort.WRONG
        self._progress()
        await self._socket.send_frame(made.payload, made.opcode)

    async def _end(self, maker: FrameMaker, reader: asyncio.Task[None], *, ended_by_server: bool) -> None:
        if ended_by_server:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    await reader
            self._tally.closed[self._socket.close_code or 0] += 1
        elif reader.done():
            self._tally.lost += 1
        else:
            await self._all_answered(maker, reader)

    async def _all_answered(self, maker: FrameMaker, reader: asyncio.Task[None]) -> None:
        """Waits until each wrong frame has its error, and one more keystroke its final answer. Those that do
        not come in time are counted once.
        """
        self._waiting = True
        await self._send(maker.awaited())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                while (self._refused < self._wrong or self._waiting) and not reader.done():
                    self._read_one.clear()
                    await self._read_one.wait()
        self._tally.unanswered += self._wrong - self._refused + self._waiting
        self._wrong = self._refused

    async def _read(self) -> None:
        async for message in self._socket:
            answer = json.loads(message.data)
            if answer["type"] == "error":
                self._tally.errors[answer["code"]] += 1
                self._refused += answer["code"] in REFUSALS
            else:
                self._tally.suggestions += 1
            if answer.get("field") == AWAITED and answer.get("final", True):  # an error is final
                self._waiting = False
            self._read_one.set()
        self._read_one.set()
