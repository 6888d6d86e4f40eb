"""Engines that answer as a test tells them to, and remember what they were asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from foretype.engine.contract import Answer, Desk, Failure, FailureCode, Owner
from foretype.engine.desk import LocalDesk
from foretype.engine.field import Field
from foretype.engine.keystroke import Keystroke, Reason, Source, Suggestion

Script = Callable[["FakeDesk", str, Keystroke], None]


def suggested(text: str = "ck response", confidence: float = 0.62) -> Suggestion:
    return Suggestion(text, confidence, Source.TREE)


def answer_at_once(desk: FakeDesk, field: str, keystroke: Keystroke) -> None:
    desk.answer(field, keystroke.seq, suggested(), final=True, elapsed_ms=1.9)


def answer_nothing(desk: FakeDesk, field: str, keystroke: Keystroke) -> None:
    """The test answers itself, when it likes."""


def answer_empty(desk: FakeDesk, field: str, keystroke: Keystroke) -> None:
    desk.answer(field, keystroke.seq, Suggestion.nothing(Reason.UNLIKELY), final=True, elapsed_ms=0.5)


@dataclass(eq=False)
class FakeDesk:
    engine: FakeEngine
    answer: Answer
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    def keystroke(self, field: str, keystroke: Keystroke) -> None:
        self.engine.note("keystroke", field, keystroke)
        self.engine.script(self, field, keystroke)

    def accepted(self, field: str, seq: int, text: str) -> None:
        self.engine.note("accepted", field, seq, text)

    def dismissed(self, field: str, seq: int) -> None:
        self.engine.note("dismissed", field, seq)

    def forget(self, field: str) -> None:
        self.engine.note("forget", field)

    def close(self) -> None:
        self.engine.note("close")
        self.closed.set()


class FakeEngine:
    model = "fake-1m"
    models: Mapping[str, str] = MappingProxyType({"fake-1m": "NoProvider"})
    provider = "NoProvider"

    def __init__(self, script: Script = answer_at_once) -> None:
        self.script = script
        self.calls: list[tuple[object, ...]] = []
        self.desks: list[FakeDesk] = []
        self.owners: list[Owner] = []  # of the desks
        self.closed = False
        self.known: set[str] = set()  # words that are ordinary to the model
        self._changed = asyncio.Event()

    def knows(self, word: str) -> bool:
        return word.lower() in self.known

    def forget_words(self, person: str) -> None: ...

    def open(self, owner: Owner, answer: Answer) -> Desk:
        desk = FakeDesk(self, answer)
        self.owners.append(owner)
        self.desks.append(desk)
        return desk

    async def broken(self) -> str:
        await asyncio.Event().wait()
        return ""

    async def close(self) -> None:
        self.closed = True

    def note(self, *call: object) -> None:
        self.calls.append(call)
        self._changed.set()

    async def until(self, name: str, count: int = 1) -> tuple[object, ...]:
        """Wait until a call of this name has come `count` times; returns the last of them."""
        while True:
            found = [call for call in self.calls if call[0] == name]
            if len(found) >= count:
                return found[count - 1]
            self._changed.clear()
            await self._changed.wait()


Find = Callable[[Keystroke], Suggestion]


class FakeField(Field):
    """Answers a keystroke with what `find` returns for it. `find` may raise, as a bug would."""

    def __init__(self, name: str, answer: Answer, find: Find) -> None:
        self._name = name
        self._give = answer
        self._find = find
        self._seq = 0

    def keystroke(self, keystroke: Keystroke) -> None:
        self._seq = keystroke.seq
        self._give(self._name, self._seq, self._find(keystroke), final=True, elapsed_ms=1)

    def failed(self, error: Exception) -> None:
        self._give(self._name, self._seq, failure("internal"), final=True, elapsed_ms=1)


class FieldsEngine(FakeEngine):
    """An engine with the real desk and fake fields."""

    def __init__(self, find: Find) -> None:
        super().__init__()
        self._find = find

    def open(self, owner: Owner, answer: Answer) -> Desk:
        return _NotedDesk(self, owner, answer)

    def new_field(self, name: str, owner: Owner, answer: Answer) -> Field:
        return FakeField(name, answer, self._find)

    def used(self, field: Field) -> None: ...
    def gone(self, field: Field) -> None: ...


class _NotedDesk(LocalDesk):
    """The real desk; the engine notes `accepted`, so that a test can wait for it."""

    def __init__(self, engine: FieldsEngine, owner: Owner, answer: Answer) -> None:
        super().__init__(engine, owner, answer)
        self._notes = engine

    def accepted(self, field: str, seq: int, text: str) -> None:
        super().accepted(field, seq, text)
        self._notes.note("accepted", field, seq, text)


def failure(code: str, message: str = "Try again.") -> Failure:
    return Failure(FailureCode(code), message)
