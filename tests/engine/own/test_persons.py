"""A person's words change the suggestions of this person alone, and only as long as they are kept."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from foretype.engine.beginning import Beginning
from foretype.engine.contract import Owner
from foretype.engine.keystroke import Keystroke
from foretype.engine.local import EngineConfig, LocalEngine
from foretype.engine.own.persons import IDLE_S, KEPT_S, LOOK_EVERY_S, MOST_PERSONS, Persons
from foretype.engine.tree.choice import Policy
from foretype.models.field_kind import FieldKind
from foretype.words.field_text import Taken
from foretype.words.pieces import cut, runs_of
from foretype.words.store import Changes, State, WordStore
from tests.engine.test_local import Answers
from tests.fake_time import FakeTimers
from tests.scripted_model import BEGIN, ScriptedModel, byte_level_vocabulary

VOCABULARY = byte_level_vocabulary(" any", " questions", " Quillfeather", "Please", " call", " ask")
ADA, BOB = Owner.alone("ada"), Owner.alone("bob")


def learn(store: WordStore, text: str, person: str = "ada", times: int = 6) -> None:
    for _ in range(times):
        store.learn(person, Taken(Counter(runs_of([one.piece for one in cut(text)]))), lambda word: True)


@pytest.fixture
def store(tmp_path: Path) -> WordStore:
    return WordStore(tmp_path, 1000)


@pytest.fixture
async def engine(store: WordStore) -> AsyncIterator[LocalEngine]:
    config = EngineConfig(
        model="scripted",
        begin={kind: Beginning([BEGIN]) for kind in FieldKind},
        policy=Policy(),
        budget_ms=10_000,
    )
    model = ScriptedModel(VOCABULARY, {" any": {" questions": 0.9}})
    engine = LocalEngine(config, model, VOCABULARY, asyncio.get_running_loop(), words=store)
    yield engine
    await engine.close()


async def suggested(engine: LocalEngine, owner: Owner, *befores: str) -> str:
    """The suggestion for the last of these states of a field."""
    answers = Answers()
    desk = engine.open(owner, answers)
    for seq, before in enumerate(befores):
        desk.keystroke("one", Keystroke(seq, before))
        found = await answers.suggestion("one", seq)
        await read(engine)
    desk.close()
    return found.text


async def read(engine: LocalEngine) -> None:
    """What the engine reads of the file now has been read."""
    assert engine._persons is not None
    await asyncio.gather(*engine._persons._looking)


async def test_own_words_are_suggested_to_their_person_alone(store: WordStore, engine: LocalEngine) -> None:
    learn(store, "Please call Quillfeather")
    assert await suggested(engine, ADA, "P", "Please call ") == "Quillfeather"
    assert await suggested(engine, BOB, "P", "Please call ") == ""
    assert await suggested(engine, ADA, "P", "Please ask any ") == "questions"  # the model's words remain


async def test_two_persons_who_type_the_same_get_their_own(store: WordStore, engine: LocalEngine) -> None:
    learn(store, "Please call Quillfeather", "ada")
    learn(store, "Please call any", "bob")
    both = [suggested(engine, owner, "P", "Please call ") for owner in (ADA, BOB, ADA, BOB)]
    assert await asyncio.gather(*both) == ["Quillfeather", "any"] * 2


async def test_forgotten_words_are_not_suggested_any_more(store: WordStore, engine: LocalEngine) -> None:
    learn(store, "Please call Quillfeather")
    assert await suggested(engine, ADA, "P", "Please call ") == "Quillfeather"
    store.forget("ada")
    engine.forget_words("ada")
    assert await suggested(engine, ADA, "Please call ") == ""


async def test_a_change_is_noticed_within_a_second(store: WordStore) -> None:
    timers = FakeTimers()
    persons = Persons(store, VOCABULARY, timers)

    async def typing() -> bool:
        persons.typing("ada")
        await asyncio.gather(*persons._looking)
        return persons.table("ada") is not None

    assert not await typing()
    learn(store, "Please call")
    assert not await typing()
    timers.advance(LOOK_EVERY_S * 1000)
    assert await typing()
    store.remove("ada", ["Please", "call"])
    timers.advance(LOOK_EVERY_S * 1000)
    assert not await typing()
    await persons.close()


async def test_who_types_no_more_is_dropped_from_memory(store: WordStore) -> None:
    timers = FakeTimers()
    persons = Persons(store, VOCABULARY, timers)
    learn(store, "Please call")
    await typing(persons, "ada")
    assert persons.table("ada") is not None
    timers.advance((IDLE_S + 1) * 1000)
    await typing(persons, "bob")
    assert list(persons._persons) == ["bob"]
    assert persons._held == {}
    await persons.close()


async def test_persons_without_words_take_no_place_of_others(store: WordStore) -> None:
    persons = Persons(store, VOCABULARY, FakeTimers())
    learn(store, "Please call")
    await typing(persons, "ada", *(f"person {number}" for number in range(2 * MOST_PERSONS)))
    assert persons.table("ada") is not None
    await persons.close()


async def test_more_persons_than_have_room_do_not_drop_each_other_all_the_time(
    store: WordStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    timers = FakeTimers()
    persons = Persons(store, VOCABULARY, timers)
    names = [f"person {number}" for number in range(MOST_PERSONS + 1)]
    for name in names:
        store.add(name, ["call"])
    whole: list[str] = []
    changes = store.changes

    def noted(person: str, since: State) -> Changes:
        if since == State():
            whole.append(person)
        return changes(person, since)

    monkeypatch.setattr(store, "changes", noted)
    for _ in range(5):
        await typing(persons, *names)
        timers.advance(LOOK_EVERY_S * 1000)
    assert whole == names[:-1]
    timers.advance((KEPT_S + 1) * 1000)
    await typing(persons, *names[1:])
    assert whole == names
    assert persons.table(names[0]) is None
    await persons.close()


async def typing(persons: Persons, *names: str) -> None:
    for name in names:
        persons.typing(name)
        await asyncio.gather(*persons._looking)


async def test_a_file_that_cannot_be_read_leaves_the_server_without_own_words(
    store: WordStore, engine: LocalEngine
) -> None:
    store.path.parent.mkdir(exist_ok=True)
    store.path.write_bytes(b"no database " * 500)
    assert await suggested(engine, ADA, "P", "Please ask any ") == "questions"
