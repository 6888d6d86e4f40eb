"""The measurements, in this process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from foretype.compare.figures import Quality, Speed, medians, percentile
from foretype.compare.reading import READ_AT_ONCE, ModelReader
from foretype.compare.serving import EngineClient, measure_serving, measure_typing
from foretype.compare.task import MeasuringTask, OnProgress
from foretype.compare.texts import QualityTexts
from foretype.engine.contract import Answer, Desk, Engine, Failure, FailureCode, Owner
from foretype.engine.keystroke import Keystroke, Reason, Source, Suggestion
from foretype.engine.pressure import Pressure
from foretype.engine.tree.draft import Draft
from foretype.engine.vocabulary import Vocabulary
from foretype.models.field_kind import FieldKind
from foretype.models.manifest import Manifest
from foretype.prepare.check import GateText, open_reader
from foretype.runtime.open import open_runtime
from foretype.support.settings import Settings
from tests.compare.conftest import CONTEXT, LEARNT

TEXT = "Please send the report by Friday. Thank you."


def quietly(what: str, done: float, total: float) -> None:
    assert 0 <= done <= total


# -- bits per byte --------------------------------------------------------


@pytest.fixture(scope="module")
def reader(models_dir: Path) -> ModelReader:
    folder = models_dir / LEARNT
    manifest = Manifest.read(folder)
    vocabulary = Vocabulary.load(folder, manifest.geometry.vocab_size)
    return ModelReader(open_runtime(folder, threads=1), manifest, vocabulary)


@pytest.mark.parametrize("length", [3, READ_AT_ONCE, READ_AT_ONCE + 1, 400])
def test_bits_per_byte_are_those_of_the_gate(reader: ModelReader, models_dir: Path, length: int) -> None:
    text = (TEXT * 10)[:length]
    manifest = Manifest.read(models_dir / LEARNT)
    ids = np.array([*manifest.begin_ids, *(byte for byte in _ids(models_dir, text))], np.int64)
    gate = GateText(ids, begin=1, bytes=length)
    logits = open_reader(models_dir / LEARNT, manifest.graph, manifest.geometry, 1).read(ids)
    tokens, found = reader.bits_per_byte(QualityTexts("", (text,), ()), quietly)
    assert tokens == length  # a token is a byte here
    assert found == pytest.approx(gate.bits_per_byte(logits), rel=1e-5)


def test_a_text_beyond_the_context_is_begun_anew_and_every_token_counts_once(reader: ModelReader) -> None:
    text = (TEXT * 30)[: CONTEXT + 200]
    tokens, found = reader.bits_per_byte(QualityTexts("", (text, TEXT), ()), quietly)
    assert tokens == len(text) + len(TEXT)
    assert 0 < found < 8


def _ids(models_dir: Path, text: str) -> list[int]:
    return Vocabulary.load(models_dir / LEARNT, 257).encode(text)


# -- typing --------------------------------------------------------


class Oracle:
    """An engine that knows the whole text and suggests the next word if the caret is before a word."""

    model = "oracle"
    provider = "NoProvider"

    def __init__(self, text: str, failing: bool = False) -> None:
        self._text = text
        self._failing = failing
        self.closed: list[str] = []

    def open(self, owner: Owner, answer: Answer) -> Desk:
        self._answer = answer
        return self

    def keystroke(self, field: str, keystroke: Keystroke) -> None:
        assert keystroke.kind is FieldKind.SEARCH
        knows = keystroke.before.endswith(" ")
        said: Suggestion | Failure = Suggestion(
            self._text[len(keystroke.before) :].split(" ")[0] if knows else "", 0.9, Source.MODEL
        )
        if self._failing:
            said = Failure(FailureCode.INTERNAL, "It failed.")
        self._answer(field, keystroke.seq, said, final=False, elapsed_ms=1.0)
        self._answer(field, keystroke.seq, said, final=True, elapsed_ms=2.0)

    def accepted(self, field: str, seq: int, text: str) -> None: ...
    def dismissed(self, field: str, seq: int) -> None: ...
    def close(self) -> None: ...  # type: ignore[override]

    def forget(self, field: str) -> None:
        self.closed.append(field)


async def typed(oracle: Oracle, *texts: str, tell: OnProgress = quietly) -> tuple[int, int, int, int]:
    client = EngineClient(_engine(oracle), FieldKind.SEARCH, 1000)
    typing = await measure_typing(client, QualityTexts("", (), texts), tell)
    assert typing.waits_ms == [2.0] * typing.keys
    return typing.keys, typing.chars, typing.shown, typing.taken


def _engine(oracle: Oracle) -> Engine:
    return oracle  # type: ignore[return-value]


async def test_a_word_that_is_right_is_one_key() -> None:
    oracle = Oracle("one three five")
    keys = len("one ") + 1 + len(" ") + 1
    assert await typed(oracle, "one three five") == (keys, 14, 2, 2)
    assert oracle.closed == ["text-0"]


async def test_a_word_that_is_wrong_saves_nothing() -> None:
    assert await typed(Oracle("xxx xxxxx xxxx"), "one three five") == (14, 14, 2, 0)


async def test_a_model_that_fails_ends_the_measuring() -> None:
    with pytest.raises(RuntimeError, match="internal"):
        await typed(Oracle("", failing=True), "one")


@pytest.fixture
def two_texts(texts: Path) -> tuple[str, ...]:
    """Their beginnings, as the model has learnt them."""
    return tuple(file.read_text("utf-8")[:200] for file in sorted(texts.glob("*.txt"))[:2])


async def test_suggestions_are_not_shortened_although_the_model_has_no_pause(
    models_dir: Path, two_texts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    shortened: list[bool] = []
    place = Draft.place

    def noted(
        draft: Draft, keystroke: Keystroke, on_screen: str = "", *, brief: bool = False
    ) -> Reason | None:
        shortened.append(brief)
        return place(draft, keystroke, on_screen, brief=brief)

    monkeypatch.setattr(Draft, "place", noted)
    monkeypatch.setattr(Pressure, "share", 1.0)
    settings = Settings(threads=1, models_dir=models_dir, own_words=False)
    task = MeasuringTask(models_dir / LEARNT, settings, FieldKind.TEXT, QualityTexts("", (), two_texts))
    typing = (await measure_serving(task, quietly)).typing
    assert typing is not None
    assert len(shortened) > typing.keys
    assert not any(shortened)


# -- figures --------------------------------------------------------


def test_several_rounds_become_their_medians() -> None:
    def speed(value: float) -> Speed:
        return Speed(
            provider="CPUExecutionProvider",
            load_s=value,
            resident_bytes=int(1000 * value),
            answer_ms=2 * value,
            prefill_ms=3 * value,
            step_ms=4 * value,
        )

    assert medians([speed(1), speed(9), speed(2)]) == speed(2)


def test_shares_follow_from_what_was_counted() -> None:
    quality = Quality(
        bits_per_byte=1,
        read_tokens=1,
        read_bytes=1,
        keystrokes=70,
        characters=100,
        shown=0,
        taken=0,
        keystroke_p50_ms=percentile([3, 1, 2], 0.5),
        keystroke_p95_ms=percentile([3, 1, 2], 0.95),
    )
    assert quality.saved_share == pytest.approx(0.3)
    assert quality.taken_share is None
    assert (quality.keystroke_p50_ms, quality.keystroke_p95_ms) == (2, 3)
