"""Measures a model in the engine of the server: its loading time, its answers, and typing with it.

There is no socket and no clock. The typist presses the next key when the answer to the last one has arrived,
no answer is cut off by the budget, and nothing is computed ahead. So the keystrokes saved depend on the
quality of the model only, not on its speed.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass, field

import psutil

from foretype.compare.task import MeasuringTask, OnProgress
from foretype.compare.texts import QualityTexts, half_word_texts
from foretype.compare.typist.keys import Typist
from foretype.compare.typist.screen import Screen
from foretype.compare.typist.turn import press
from foretype.engine.contract import Engine, Failure, Owner
from foretype.engine.keystroke import Keystroke, Suggestion
from foretype.engine.start import start_engine
from foretype.models.field_kind import FieldKind

UNHURRIED = {
    "budget_ms": 60_000,  # the longest that the settings allow
    "runs_ahead": 0,
    "shorten_when_busy": False,  # each key follows the answer to the last one, so the model has no pause
}


@dataclass(slots=True)
class TypingCounts:
    """The sums over all texts that were typed."""

    keys: int = 0
    chars: int = 0
    shown: int = 0
    taken: int = 0
    waits_ms: list[float] = field(default_factory=list)  # one for each keystroke


@dataclass(frozen=True, slots=True)
class ServingFigures:
    provider: str
    load_s: float
    resident_bytes: int
    answer_ms: float
    typing: TypingCounts | None  # None if the task has no texts


async def measure_serving(task: MeasuringTask, on_progress: OnProgress) -> ServingFigures:
    on_progress("load", 0, 1)
    settings = task.settings.model_copy(update=UNHURRIED)
    start = time.perf_counter()
    engine = await start_engine(task.folder, settings)
    load_s = time.perf_counter() - start
    try:
        client = EngineClient(engine, task.kind, settings.context_chars)
        on_progress("answer", 0, 1)
        # Afterwards the engine has read the model's prompt, which it does beside its first answer.
        await client.answer_in_new_field("first", half_word_texts()[0])
        waits = [
            (await client.answer_in_new_field(str(number), text))[1]
            for number, text in enumerate(half_word_texts())
        ]
        resident = psutil.Process().memory_info().rss
        typing = None if task.texts is None else await measure_typing(client, task.texts, on_progress)
        return ServingFigures(engine.provider, load_s, resident, statistics.median(waits), typing)
    finally:
        await engine.close()


class EngineClient:
    """Uses an engine as one connection does: sends one keystroke at a time and waits for its final answer."""

    def __init__(self, engine: Engine, kind: FieldKind, context_chars: int) -> None:
        self._kind = kind
        self._context_chars = context_chars
        self._seq = 0
        self._waiting: asyncio.Future[tuple[str, float]] | None = None
        self._desk = engine.open(Owner.alone("compare"), self._answered)

    async def keystroke(self, field_name: str, before: str) -> tuple[str, float]:
        """The suggested text, and the milliseconds until it came. Raises RuntimeError if the model failed."""
        self._seq += 1
        self._waiting = asyncio.get_running_loop().create_future()
        self._desk.keystroke(
            field_name, Keystroke(self._seq, before[-self._context_chars :], kind=self._kind)
        )
        return await self._waiting

    async def answer_in_new_field(self, field_name: str, before: str) -> tuple[str, float]:
        """Like `keystroke`, in a field that is closed afterwards."""
        answer = await self.keystroke(field_name, before)
        self.forget(field_name)
        return answer

    def forget(self, field_name: str) -> None:
        self._desk.forget(field_name)

    def _answered(
        self, field: str, seq: int, outcome: Suggestion | Failure, *, final: bool, elapsed_ms: float
    ) -> None:
        if not final or seq != self._seq or self._waiting is None or self._waiting.done():
            return
        if isinstance(outcome, Failure):
            self._waiting.set_exception(RuntimeError(outcome.code.value))
        else:
            self._waiting.set_result((outcome.text, elapsed_ms))


async def measure_typing(client: EngineClient, texts: QualityTexts, on_progress: OnProgress) -> TypingCounts:
    counts = TypingCounts()
    total = sum(map(len, texts.typed))
    for number, text in enumerate(texts.typed):
        typist, screen = Typist(text), Screen()
        while not typist.done:
            press(typist, screen)
            suggested, waited_ms = await client.keystroke(f"text-{number}", typist.typed)
            screen.answer(suggested, 0.0)
            counts.waits_ms.append(waited_ms)
            on_progress("type", counts.chars + len(typist.typed), total)
        client.forget(f"text-{number}")
        counts.keys += typist.keys
        counts.chars += len(text)
        counts.shown += screen.tally.shown
        counts.taken += screen.tally.taken
    return counts
