"""With the real model: a name is suggested from its third sighting on, to the person who typed it alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from foretype.engine import start
from foretype.engine.contract import Owner
from foretype.engine.keystroke import Keystroke
from foretype.engine.local import LocalEngine
from foretype.engine.start import start_engine
from foretype.models.field_kind import FieldKind
from foretype.prepare.ensure import ensure_prepared
from foretype.support.settings import Settings
from foretype.words.field_text import Taken
from foretype.words.pieces import cut, runs_of
from foretype.words.store import WordStore
from tests.engine.test_local import CPU_ONLY, Answers, on_a_device

ADA, BOB = Owner.alone("ada"), Owner.alone("bob")


@pytest.fixture(params=["on the host", "on a device"])
async def engine(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[LocalEngine]:
    settings = Settings(budget_ms=60_000, model="smollm2-135m", state_dir=tmp_path)
    ready = await asyncio.to_thread(ensure_prepared, settings)
    if request.param == "on a device":
        monkeypatch.setattr(start, "open_runtime", on_a_device(CPU_ONLY))
    engine = await start_engine(ready.folder, settings)
    yield engine
    await engine.close()


async def suggested(engine: LocalEngine, owner: Owner, before: str) -> str:
    answers = Answers()
    desk = engine.open(owner, answers)
    for seq, text in enumerate((before[:-1], before)):
        desk.keystroke("f", Keystroke(seq, text, kind=FieldKind.EMAIL))
        found = await answers.suggestion("f", seq)
        assert engine._persons is not None
        await asyncio.gather(*engine._persons._looking)
    desk.close()
    return found.text


def learn(engine: LocalEngine, tmp_path: Path, text: str) -> None:
    pieces = [one.piece for one in cut(text)]
    WordStore(tmp_path, 30_000).learn("ada", Taken(Counter(runs_of(pieces))), engine.knows)
    assert engine._persons is not None
    for person in engine._persons._persons.values():
        person.looked_at = float("-inf")  # as if a second had passed


@pytest.mark.model
async def test_a_name_is_suggested_from_its_third_sighting_on_and_to_its_person_alone(
    engine: LocalEngine, tmp_path: Path
) -> None:
    before = "Could you send the report to Marguerite Qui"
    for _ in range(2):
        learn(engine, tmp_path, "Please ask Marguerite Quillfeather about it.")
        assert "llfeather" not in await suggested(engine, ADA, before)
    for _ in range(4):
        learn(engine, tmp_path, "Please ask Marguerite Quillfeather about it.")
    assert (await suggested(engine, ADA, before)).startswith("llfeather")
    assert "llfeather" not in await suggested(engine, BOB, before)
