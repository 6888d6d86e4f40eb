"""Measures one model in this process: how it loads, answers, computes, predicts and serves a typist.

Typing goes through the engine that serves, without a socket and without a clock: the next key is pressed
once the answer to the one before is there, nothing is cut off by a budget and nothing is run ahead. So what
is saved says how good a model is, however slow it may be.
"""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import numpy as np
import psutil
from numpy.typing import NDArray

from foretype.compare.figures import Quality, Round, Speed, percentile
from foretype.compare.texts import Texts, half_words
from foretype.compare.typist.keys import Typist
from foretype.compare.typist.screen import Screen
from foretype.compare.typist.turn import press
from foretype.engine.contract import Engine, Failure
from foretype.engine.keystroke import Keystroke, Suggestion
from foretype.engine.start import start_engine
from foretype.engine.vocabulary import Vocabulary
from foretype.models.field_kind import FieldKind
from foretype.models.manifest import Manifest
from foretype.prepare.gate import gate_text
from foretype.runtime.arena import Arena, lone_arena
from foretype.runtime.chunk import Chunk, Logits
from foretype.runtime.open import open_runtime
from foretype.runtime.protocol import LogitsRuntime
from foretype.support.settings import Settings

PATIENCE_MS = 60_000  # the most that the settings allow
PREFILL_TOKENS = 64
PREFILLS = 5
STEPS = 24
READ_AT_ONCE = 128  # tokens whose logits are in memory together
WINDOW = 1024  # tokens; a longer text is begun anew, as a model of a shorter context must

Tell = Callable[[str, float, float], None]
"""Told what is being done, how much of it is, and out of how much."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be measured of the model in `folder`; without texts, its speed only."""

    folder: Path
    settings: Settings
    kind: FieldKind
    texts: Texts | None


def measure(work: Work, tell: Tell) -> Round:
    """One round. Raises what loading and running a model raise."""
    served = asyncio.run(_serve(work, tell))
    manifest = Manifest.read(work.folder)
    runtime = open_runtime(work.folder, threads=work.settings.threads)
    vocabulary = Vocabulary.load(work.folder, manifest.geometry.vocab_size)
    reader = _Reader(runtime, manifest, vocabulary)
    tell("time its steps", 0, 1)
    prefill_ms, step_ms = reader.times(vocabulary.encode(gate_text()))
    speed = Speed(
        provider=served.provider,
        load_s=served.load_s,
        resident_bytes=served.resident_bytes,
        answer_ms=served.answer_ms,
        prefill_ms=prefill_ms,
        step_ms=step_ms,
    )
    if work.texts is None or served.typing is None:
        return Round(speed=speed)
    tokens, bits_per_byte = reader.bits_per_byte(work.texts, tell)
    return Round(
        speed=speed,
        quality=Quality(
            bits_per_byte=bits_per_byte,
            read_tokens=tokens,
            read_bytes=work.texts.read_bytes,
            keystrokes=served.typing.keys,
            characters=served.typing.chars,
            shown=served.typing.shown,
            taken=served.typing.taken,
            keystroke_p50_ms=percentile(served.typing.waits_ms, 0.50),
            keystroke_p95_ms=percentile(served.typing.waits_ms, 0.95),
        ),
    )


# -- as a server, but for the sockets ----------------------------------------------------


@dataclass(slots=True)
class _Typing:
    """What typing came to, all texts together."""

    keys: int = 0
    chars: int = 0
    shown: int = 0
    taken: int = 0
    waits_ms: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Served:
    provider: str
    load_s: float
    resident_bytes: int
    answer_ms: float
    typing: _Typing | None


async def _serve(work: Work, tell: Tell) -> _Served:
    tell("load", 0, 1)
    settings = work.settings.model_copy(update={"budget_ms": PATIENCE_MS, "runs_ahead": 0})
    began = time.perf_counter()
    engine = await start_engine(work.folder, settings)
    load_s = time.perf_counter() - began
    try:
        asking = _Asking(engine, work.kind, settings.context_chars)
        tell("answer", 0, 1)
        await asking.answer("first", half_words()[0])  # what texts begin with is read by then, beside it
        waits = [(await asking.answer(str(n), text))[1] for n, text in enumerate(half_words())]
        resident = psutil.Process().memory_info().rss
        typing = None if work.texts is None else await _type(asking, work.texts, tell)
        return _Served(engine.provider, load_s, resident, statistics.median(waits), typing)
    finally:
        await engine.close()


class _Asking:
    """One connection's worth of an engine: a keystroke at a time, and its final answer."""

    def __init__(self, engine: Engine, kind: FieldKind, context_chars: int) -> None:
        self._kind = kind
        self._context_chars = context_chars
        self._seq = 0
        self._waiting: asyncio.Future[tuple[str, float]] | None = None
        self._desk = engine.open(self._answered)

    async def keystroke(self, name: str, before: str) -> tuple[str, float]:
        """The suggested text, and the milliseconds it took. Raises RuntimeError where the model failed."""
        self._seq += 1
        self._waiting = asyncio.get_running_loop().create_future()
        self._desk.keystroke(name, Keystroke(self._seq, before[-self._context_chars :], kind=self._kind))
        return await self._waiting

    async def answer(self, name: str, before: str) -> tuple[str, float]:
        """The same in a field that is new and is closed behind it."""
        answered = await self.keystroke(name, before)
        self.forget(name)
        return answered

    def forget(self, name: str) -> None:
        self._desk.forget(name)

    def _answered(
        self, field: str, seq: int, outcome: Suggestion | Failure, *, final: bool, elapsed_ms: float
    ) -> None:
        if not final or seq != self._seq or self._waiting is None or self._waiting.done():
            return
        if isinstance(outcome, Failure):
            self._waiting.set_exception(RuntimeError(outcome.code.value))
        else:
            self._waiting.set_result((outcome.text, elapsed_ms))


async def _type(asking: _Asking, texts: Texts, tell: Tell) -> _Typing:
    typing = _Typing()
    total = sum(map(len, texts.typed))
    for number, text in enumerate(texts.typed):
        typist, screen = Typist(text, Random(0)), Screen()
        while not typist.done:
            press(typist, screen)
            suggested, waited_ms = await asking.keystroke(f"text-{number}", typist.typed)
            screen.answer(suggested, 0.0)
            typing.waits_ms.append(waited_ms)
            tell("type", typing.chars + len(typist.typed), total)
        asking.forget(f"text-{number}")
        typing.keys += typist.keys
        typing.chars += len(text)
        typing.shown += screen.tally.shown
        typing.taken += screen.tally.taken
    return typing


# -- the model alone ---------------------------------------------------------------------


class _Reader:
    """Runs a model over texts, with what serves it and without a tree."""

    def __init__(self, runtime: LogitsRuntime, manifest: Manifest, vocabulary: Vocabulary) -> None:
        self._runtime = runtime
        self._manifest = manifest
        self._vocabulary = vocabulary
        self._capacity = min(WINDOW, manifest.geometry.context_length)

    def times(self, ids: list[int]) -> tuple[float, float]:
        """Median milliseconds of a first pass, and of one token after it; both ask for the last logits."""
        first = np.resize(np.array(ids, np.int64), min(PREFILL_TOKENS, self._capacity - STEPS))
        last = np.array([len(first) - 1])
        prefills = []
        for _ in range(PREFILLS + 1):
            arena = self._new_arena()
            prefills.append(self._timed(arena, first, last))
        every = np.resize(first, STEPS)
        steps = [self._timed(arena, token, np.array([0])) for token in np.split(every, STEPS)]
        return statistics.median(prefills[1:]), statistics.median(steps)  # the first takes memory

    def bits_per_byte(self, texts: Texts, tell: Tell) -> tuple[int, float]:
        """Tokens that were predicted, each from all before it in its window, and what that came to."""
        encoded = [self._vocabulary.encode(text) for text in texts.read]
        total = sum(map(len, encoded))
        nats, tokens, size = 0.0, 0, 0
        for ids in encoded:
            for window in self._windows(ids):
                given = max(1, len(self._manifest.begin_ids))
                nats += self._nats(window, given)
                tokens += len(window) - given
                size += len(self._vocabulary.text_of(window[given:]))
                tell("read", tokens, total)
        return tokens, nats / math.log(2) / max(1, size)

    def _windows(self, ids: list[int]) -> list[list[int]]:
        begin = list(self._manifest.begin_ids)
        size = self._capacity - len(begin)
        return [[*begin, *ids[start : start + size]] for start in range(0, len(ids), size)]

    def _nats(self, ids: list[int], given: int) -> float:
        """What predicting all but the first `given` tokens costs."""
        arena = self._new_arena()
        wanted = np.array(ids[1:], np.int64)
        nats = 0.0
        for start in range(0, len(wanted), READ_AT_ONCE):
            part = np.array(ids[start : start + READ_AT_ONCE][: len(wanted) - start], np.int64)
            logits = self._run(arena, part, np.arange(len(part)))
            costs = _surprise(logits, wanted[start : start + len(part)])
            nats += float(costs[max(0, given - 1 - start) :].sum())
        return nats

    def _timed(self, arena: Arena, ids: NDArray[np.int64], rows: NDArray[np.int64]) -> float:
        began = time.perf_counter()
        self._run(arena, ids, rows)
        return (time.perf_counter() - began) * 1000

    def _new_arena(self) -> Arena:
        return lone_arena(self._runtime.new_pool(1, self._capacity))

    def _run(self, arena: Arena, ids: NDArray[np.int64], rows: NDArray[np.int64]) -> Logits:
        positions = arena.length + np.arange(len(ids), dtype=np.int64)
        return self._runtime.run(arena, Chunk(ids, positions, None, rows))


def _surprise(logits: Logits, wanted: NDArray[np.int64]) -> NDArray[np.float64]:
    """Nats of each wanted token, (n,), by its row of logits (n, vocab)."""
    rows = logits.astype(np.float64)
    peak = rows.max(axis=1)
    total = peak + np.log(np.exp(rows - peak[:, None]).sum(axis=1))
    costs: NDArray[np.float64] = total - rows[np.arange(len(wanted)), wanted]
    return costs
