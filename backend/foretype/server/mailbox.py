"""What waits to be sent on one connection: bounded, and of each field only the newest answer."""

from __future__ import annotations

import asyncio


class Mailbox:
    """Frames in the order in which they were put, with one place for each field's answer.

    A reader that is slow finds the newest answer in that place, never a queue of stale ones. Other frames are
    not replaced; `room()` makes their sender wait, so that a client that does not read is not read from
    either.
    """

    def __init__(self, others: int = 64) -> None:
        self._frames: dict[tuple[str, str | int], str] = {}
        self._others_limit = others
        self._others = 0
        self._abandoned = False
        self._count = 0
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def __len__(self) -> int:
        return len(self._frames)

    def put_answer(self, field: str, frame: str) -> None:
        """A field's newest answer, in place of the one that is still waiting."""
        if not self._abandoned:
            self._frames[("answer", field)] = frame
            self._filled.set()

    def put(self, frame: str) -> None:
        """A frame that must arrive. The sender calls `room()` before it makes another."""
        if self._abandoned:
            return
        self._count += 1
        self._others += 1
        self._frames[("other", self._count)] = frame
        self._filled.set()
        if self._others >= self._others_limit:
            self._room.clear()

    def drop_answer(self, field: str) -> None:
        """The field is gone: nobody waits for its answer."""
        self._frames.pop(("answer", field), None)

    def abandon(self) -> None:
        """Nobody takes any more: what is put is dropped, and nobody waits for room."""
        self._abandoned = True
        self._frames.clear()
        self._room.set()

    async def room(self) -> None:
        """Wait until another frame may be put. Being cancelled here loses nothing."""
        await self._room.wait()

    async def take(self) -> str:
        """The frame that waits longest. Cancelled while waiting, nothing has been taken."""
        while not self._frames:
            self._filled.clear()
            await self._filled.wait()
        key = next(iter(self._frames))
        frame = self._frames.pop(key)
        if key[0] == "other":
            self._others -= 1
            self._room.set()
        return frame
