"""One text typed at a server: the thin shell around the typist, the screen and the ledger."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from foretype.compare.typist.keys import Typist
from foretype.compare.typist.screen import Screen
from foretype.compare.typist.turn import press
from latency.replay.connection import Connection
from latency.replay.figures import Session
from latency.replay.ledger import Ledger
from latency.replay.pace import gaps

PATIENCE_S = 2.0  # on top of the budget, where an answer is awaited


@dataclass(frozen=True, slots=True)
class Manner:
    """How a typist types. `wpm` None: as fast as answers come, so figures of quality depend on no clock."""

    wpm: float | None = 40.0
    time_scale: float = 1.0
    slip_rate: float = 0.0
    glance_s: float = 0.0  # how long a text must have been on the screen before it can be taken
    kind: str | None = None
    seed: int = 0


@dataclass(slots=True)
class Field:
    """A field's screen and ledger, as the connection's listener."""

    screen: Screen = field(default_factory=Screen)
    ledger: Ledger = field(default_factory=Ledger)
    answered: asyncio.Event = field(
        default_factory=asyncio.Event
    )  # the latest keystroke has its final answer

    def sent(self, seq: int, due: float) -> None:
        """`due` is when the key was to be pressed."""
        self.answered.clear()
        now = time.perf_counter()
        self.ledger.sent(seq, now, late=max(0.0, now - due))

    def suggestion(self, seq: int, text: str, source: str, *, final: bool) -> None:
        now = time.perf_counter()
        self.ledger.suggestion(seq, source, final=final, now=now, has_text=bool(text))
        if self.ledger.is_latest(seq):
            self.screen.answer(text, now)
            if final:
                self.answered.set()

    def error(self, seq: int, code: str) -> None:
        self.ledger.error(seq, code, now=time.perf_counter())
        if self.ledger.is_latest(seq):
            self.screen.erased()
            self.answered.set()


async def type_text(
    connection: Connection,
    name: str,
    text: str,
    manner: Manner,
    *,
    stop: asyncio.Event,
    begun: int = 0,
    here: Field | None = None,
) -> Session:
    """Types `text` into the field `name` until it stands there or `stop` is set. Raises `ServerLostError`.

    `begun` characters of it stand there already. `here` is looked into by whoever does not wait for the end.
    """
    rng = Random(f"{manner.seed}/{name}")
    typist = Typist(text, rng, slip_rate=manner.slip_rate, begun=begun)
    here = here or Field()
    connection.listen(name, here)
    pauses = None if manner.wpm is None else gaps(manner.wpm, rng, scale=manner.time_scale)
    patience = connection.welcome.budget_ms / 1000 + PATIENCE_S
    due, seq = time.perf_counter(), 0
    while not typist.done and not stop.is_set():
        if seq:
            due = await _wait(here, pauses, due, patience)
        taken = press(typist, here.screen, now=time.perf_counter(), glance_s=manner.glance_s)
        if taken:
            await connection.send({"type": "accepted", "field": name, "seq": seq, "text": taken})
        seq += 1
        here.sent(seq, due)
        await connection.send(
            _keystroke(name, seq, typist.typed[-connection.welcome.context_chars :], manner)
        )
    await _final_answer(here, patience)
    await connection.forget(name)
    chars = len(_right_part(typist)) - begun
    return Session(chars, typist.keys, typist.corrections, here.screen.tally, here.ledger)


def _keystroke(name: str, seq: int, before: str, manner: Manner) -> dict[str, object]:
    frame: dict[str, object] = {"type": "keystroke", "field": name, "seq": seq, "before": before, "after": ""}
    if manner.kind:
        frame["kind"] = manner.kind
    return frame


async def _wait(here: Field, pauses: Iterator[float] | None, due: float, patience: float) -> float:
    """Until the next key is due; when that is. A typist that was held up does not hurry afterwards."""
    if pauses is None:
        await _final_answer(here, patience)
        return time.perf_counter()
    due = max(due + next(pauses), time.perf_counter())
    await asyncio.sleep(due - time.perf_counter())
    return due


async def _final_answer(here: Field, patience: float) -> None:
    """Nothing is lost where it does not come: the ledger then has a keystroke without a final answer."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience):
            await here.answered.wait()


def _right_part(typist: Typist) -> str:
    """What stands in the field and belongs there; less than all of it only where time was up."""
    right = typist.typed
    while not typist.target.startswith(right):
        right = right[:-1]
    return right
