"""Frames that wait to be sent on one connection: a bounded number, with each field's newest answer only."""

from __future__ import annotations

import asyncio


class Mailbox:
    """Frames in their order, with one place for each field's answer.

    A client that reads slowly gets the newest answer from that place, never a queue of old ones. Other frames
    are not replaced: `room()` makes the receive loop wait, so that the server stops reading from a client
    that does not read.
    """

    def __init__(self, others: int = 64) -> None:
        self._frames: dict[tuple[str, str | int], str] = {}
        self.taken: str | None = None
        """The field whose answer was taken last; None if the frame was no answer."""
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
        """Add a field's newest answer. It replaces one that is still waiting."""
        if not self._abandoned:
            self._frames[("answer", field)] = frame
            self._filled.set()

    def put(self, frame: str) -> None:
        """Add a frame that must arrive. The caller awaits `room()` before it makes another."""
        if self._abandoned:
            return
        self._count += 1
        self._others += 1
        self._frames[("other", self._count)] = frame
        self._filled.set()
        if self._others >= self._others_limit:
            self._room.clear()

    def drop_answer(self, field: str) -> None:
        """Drop the answer of a field that was closed."""
        self._frames.pop(("answer", field), None)

    def abandon(self) -> None:
        """The sender has ended: drop all frames, also later ones, and let `room()` return."""
        self._abandoned = True
        self._frames.clear()
        self._room.set()

    async def room(self) -> None:
        """Wait until another frame may be added. If this is cancelled, nothing is lost."""
        await self._room.wait()

    async def take(self) -> str:
        """The frame that has waited longest. If this is cancelled while waiting, no frame was taken."""
        while not self._frames:
            self._filled.clear()
            await self._filled.wait()
        key = next(iter(self._frames))
        frame = self._frames.pop(key)
        kind, name = key
        self.taken = name if kind == "answer" and isinstance(name, str) else None
        if kind == "other":
            self._others -= 1
            self._room.set()
        return frame
