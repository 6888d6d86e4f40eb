"""Types one text at a server. Typist, screen and ledger decide; this module only waits and sends."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from foretype.compare.typist.keys import Typist, keys_by_hand
from foretype.compare.typist.screen import Screen
from foretype.compare.typist.slips import slips_in
from foretype.compare.typist.turn import press
from foretype.engine.keystroke import Sureness
from foretype.engine.surroundings import ANSWERED_CHARS
from latency.replay.connection import Connection
from latency.replay.figures import TypedText
from latency.replay.ledger import Ledger
from latency.replay.pace import gaps

PATIENCE_S = 2.0  # how much longer than the budget an answer is waited for


@dataclass(frozen=True, slots=True)
class Manner:
    """A typist's way of typing. If `wpm` is None, each key follows the answer to the last one, so figures of
    quality do not depend on time.
    """

    wpm: float | None = 40.0
    time_scale: float = 1.0
    slip_rate: float = 0.0  # share of letters that slip
    corrections: bool = False  # whether the client offers corrections of slips
    glance_s: float = 0.0  # how long a suggestion must be visible before it can be accepted
    kind: str | None = None
    max_words: int | None = None
    sureness: Sureness | None = None
    seed: int = 0
    subject: str | None = None  # of the mail that is typed
    answered: str | None = None  # the mail that it answers
    label: str | None = None  # of the field
    learn: bool = False  # whether the server may learn the texts


@dataclass(slots=True)
class TypedField:
    """The screen and the ledger of a field that is typed in. It listens to the connection."""

    screen: Screen = field(default_factory=Screen)
    ledger: Ledger = field(default_factory=Ledger)
    # Set while the latest keystroke has its final answer.
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    def sent(self, seq: int, due: float) -> None:
        """`due` is the time at which the typist wanted to press the key."""
        self.answered.clear()
        now = time.perf_counter()
        self.ledger.sent(seq, now, late=max(0.0, now - due))

    def suggestion(
        self, seq: int, text: str, source: str, *, final: bool, confidence: float, replaces: int
    ) -> None:
        now = time.perf_counter()
        self.ledger.suggestion(seq, source, final=final, now=now, has_text=bool(text))
        if self.ledger.is_latest(seq):
            self.screen.answer(text, now, replaces=replaces)
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
    typed_field: TypedField | None = None,
) -> TypedText:
    """Types `text` in the field `name` until it is complete or `stop` is set. Raises `ServerLostError`.

    The first `begun` characters are in the field from the beginning. A caller that does not wait for the end
    passes `typed_field`, and reads the ledger in it.
    """
    rng = Random(f"{manner.seed}/{name}")
    slips = slips_in(text, manner.slip_rate, Random(f"{manner.seed}/{name}/slips"))
    typist = Typist(text, slips, begun=begun)
    typed_field = typed_field or TypedField()
    connection.listen(name, typed_field)
    pauses = None if manner.wpm is None else gaps(manner.wpm, rng, scale=manner.time_scale)
    patience = connection.welcome.budget_ms / 1000 + PATIENCE_S
    due, seq = time.perf_counter(), 0
    while not typist.done and not stop.is_set():
        if seq:
            due = await _wait(typed_field, pauses, due, patience)
        taken = press(typist, typed_field.screen, now=time.perf_counter(), glance_s=manner.glance_s)
        if taken:
            await connection.send({"type": "accepted", "field": name, "seq": seq, "text": taken})
        seq += 1
        typed_field.sent(seq, due)
        await connection.send(
            _keystroke(name, seq, typist.typed[-connection.welcome.context_chars :], manner)
        )
    await _final_answer(typed_field, patience)
    await connection.forget(name)
    right = _right_part(typist)
    by_hand = keys_by_hand(right, slips, begun=begun)
    screen, ledger = typed_field.screen, typed_field.ledger
    return TypedText(len(right) - begun, typist.keys, by_hand, screen.tally, ledger)


def _keystroke(name: str, seq: int, before: str, manner: Manner) -> dict[str, object]:
    """A wish is sent only if there is one, so that servers of other versions can be measured."""
    frame: dict[str, object] = {"type": "keystroke", "field": name, "seq": seq, "before": before, "after": ""}
    around = {
        "answered": manner.answered[:ANSWERED_CHARS] if manner.answered else None,
        "label": manner.label,
    }
    wishes = {
        "kind": manner.kind,
        "max_words": manner.max_words,
        "sureness": manner.sureness,
        "subject": manner.subject,
        "context": {name: text for name, text in around.items() if text},
        "learn": manner.learn,
        "corrections": manner.corrections,
    }
    return frame | {name: value for name, value in wishes.items() if value}


async def _wait(
    typed_field: TypedField, pauses: Iterator[float] | None, due: float, patience: float
) -> float:
    """Waits until the next key is due, and returns that time. A delay does not make later keys faster."""
    if pauses is None:
        await _final_answer(typed_field, patience)
        return time.perf_counter()
    due = max(due + next(pauses), time.perf_counter())
    await asyncio.sleep(due - time.perf_counter())
    return due


async def _final_answer(typed_field: TypedField, patience: float) -> None:
    """Waits for the final answer. If it does not come, the ledger shows a keystroke without one."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience):
            await typed_field.answered.wait()


def _right_part(typist: Typist) -> str:
    """The correct beginning of the field's text. If typing was stopped, wrong characters may follow it."""
    right = typist.typed
    while not typist.target.startswith(right):
        right = right[:-1]
    return right
