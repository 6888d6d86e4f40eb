"""Several models in one engine: which one answers, one run at a time, and one that runs out of memory."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from foretype.engine.beginning import Beginning
from foretype.engine.contract import Desk, Failure, Owner
from foretype.engine.keystroke import Keystroke, Suggestion
from foretype.engine.local import EngineConfig, LocalEngine
from foretype.engine.several import SeveralEngines
from foretype.engine.shared import Shared
from foretype.engine.tree.choice import Policy
from foretype.engine.vocabulary import Vocabulary
from foretype.models.field_kind import FieldKind
from foretype.runtime.arena import Arena
from foretype.runtime.chunk import Chunk, Logits
from foretype.support.metrics import Stages
from foretype.words.store import WordStore
from tests.engine.own.test_persons import learn
from tests.engine.test_local import Answers, when_loaded
from tests.runtime.as_onnx_runtime import failed_run
from tests.scripted_model import BEGIN, ScriptedModel, byte_level_vocabulary

ME = Owner.alone("me")
BEFORE = "Please any que"


class Model(ScriptedModel):
    """Notes its runs in a list that it shares with the other model. Ends no run while it is held."""

    def __init__(
        self, name: str, log: list[str], *words: str, script: Mapping[str, Mapping[str, float]]
    ) -> None:
        super().__init__(byte_level_vocabulary(*words), script)
        self.name = name
        self.log = log
        self.has_begun = asyncio.Event()
        self.may_end = threading.Event()
        self.may_end.set()
        self.loop = asyncio.get_running_loop()
        self.fails = False
        self.reopened = 0
        self.threads: set[int] = set()

    def reopen(self) -> None:
        self.reopened += 1

    def run(self, arena: Arena, chunk: Chunk) -> Logits:
        self.log.append(f"{self.name} begins")
        self.loop.call_soon_threadsafe(self.has_begun.set)
        self.threads.add(threading.get_ident())
        self.may_end.wait()
        if self.fails:
            self.fails = False
            raise failed_run("std::bad_alloc")
        try:
            return super().run(arena, chunk)
        finally:
            self.log.append(f"{self.name} ends")


@dataclass
class Two:
    """Two models with vocabularies of their own; the first one is the default."""

    engine: SeveralEngines
    first: Model
    second: Model
    log: list[str]
    registry: CollectorRegistry


def engine_of(model: Model, shared: Shared, runs_ahead: int, words: WordStore | None) -> LocalEngine:
    config = EngineConfig(
        model=model.name,
        begin={kind: Beginning([BEGIN]) for kind in FieldKind},
        policy=Policy(),
        budget_ms=10_000,
        runs_ahead=runs_ahead,
    )
    vocabulary: Vocabulary = model.vocabulary
    return LocalEngine(config, model, vocabulary, asyncio.get_running_loop(), words=words, shared=shared)


def two_models(runs_ahead: int = 0, words: WordStore | None = None) -> Two:
    log: list[str] = []
    first = Model(
        "first", log, " any", " questions", "Please", " Quillfeather",
        script={" any": {" questions": 0.9}, " questions": {".": 0.9}},
    )  # fmt: skip
    second = Model(
        "second", log, " any", " queries", "Please", " Quill", "feather",
        script={" any": {" queries": 0.9}, " queries": {".": 0.9}},
    )  # fmt: skip
    registry = CollectorRegistry()
    shared = Shared(asyncio.get_running_loop(), Stages(registry), 1_000_000)
    engines = [engine_of(model, shared, runs_ahead, words) for model in (first, second)]
    return Two(SeveralEngines(engines, shared), first, second, log, registry)


@pytest.fixture
async def two() -> AsyncIterator[Two]:
    made = two_models()
    yield made
    for model in (made.first, made.second):
        model.may_end.set()
    await made.engine.close()


async def suggested(desk: Desk, answers: Answers, seq: int, model: str | None, field: str = "one") -> str:
    desk.keystroke(field, Keystroke(seq, BEFORE, model=model))
    return (await answers.suggestion(field, seq)).text


async def test_the_model_that_a_keystroke_names_answers_it_else_the_default_one(two: Two) -> None:
    assert list(two.engine.models) == ["first", "second"]
    answers = Answers()
    desk = two.engine.open(ME, answers)
    desk.keystroke("one", Keystroke(1, BEFORE))
    desk.keystroke("two", Keystroke(1, BEFORE, model="second"))
    desk.keystroke("three", Keystroke(1, BEFORE, model="first"))
    texts = [(await answers.suggestion(name, 1)).text for name in ("one", "two", "three")]
    assert texts == ["stions", "ries", "stions"]


async def test_a_field_may_change_its_model_at_each_keystroke_and_is_in_one_engine_at_a_time(
    two: Two,
) -> None:
    answers = Answers()
    desk = two.engine.open(ME, answers)
    texts = [
        await suggested(desk, answers, seq, model) for seq, model in enumerate(["second", None, "second"])
    ]
    assert texts == ["ries", "stions", "ries"]
    first = desk._desks["first"]  # type: ignore[attr-defined]
    assert not first._fields
    desk.dismissed("one", 2)
    desk.keystroke("one", Keystroke(3, BEFORE + "s", model="second"))
    assert (await answers.suggestion("one", 3)).text == ""
    assert (await suggested(desk, answers, 4, "first")) == "stions"


async def test_a_keystroke_whose_field_has_changed_its_model_meanwhile_gets_no_answer(two: Two) -> None:
    two.first.may_end.clear()
    answers = Answers()
    desk = two.engine.open(ME, answers)
    desk.keystroke("one", Keystroke(1, BEFORE))
    await two.first.has_begun.wait()
    desk.keystroke("one", Keystroke(2, BEFORE, model="second"))
    two.first.may_end.set()
    assert (await answers.suggestion("one", 2)).text == "ries"
    assert [seq for _, seq, _, _ in answers.said] == [2] * len(answers.said)


async def test_after_a_field_or_the_desk_is_closed_no_model_holds_anything_of_it(two: Two) -> None:
    answers = Answers()
    desk, other = two.engine.open(ME, answers), two.engine.open(ME, answers)
    for field, model in (("one", "first"), ("two", "second"), ("three", "second")):
        await suggested(desk, answers, 1, model, field)
    await suggested(other, answers, 1, "second", "four")
    assert two.registry.get_sample_value("foretype_tree_bytes")
    desk.forget("one")
    desk.forget("nobody knows it")
    desk.close()
    other.close()
    assert two.registry.get_sample_value("foretype_tree_bytes") == 0


async def test_one_model_runs_at_a_time_and_on_the_same_thread(two: Two) -> None:
    answers = Answers()
    desk = two.engine.open(ME, answers)
    for engine in two.engine._engines.values():
        await engine.warm_up()  # type: ignore[attr-defined]  # goes on beside the keystrokes
    for seq in range(8):
        for field, model in (("one", "first"), ("two", "second")):
            desk.keystroke(field, Keystroke(seq, BEFORE[: seq + 6], model=model))
        for field in ("one", "two"):
            await answers.final(field, seq)
    names = [line.split()[0] for line in two.log]
    assert names[::2] == names[1::2], "no run begins before another one has ended"
    assert set(names) == {"first", "second"}
    assert len(two.first.threads | two.second.threads) == 1


async def test_the_trace_of_a_run_has_the_name_of_its_model(two: Two) -> None:
    class Traces:
        def __init__(self) -> None:
            self.models: list[str] = []

        def took(self, *_: object) -> None: ...

        def ran(self, purpose: object, seconds: float, served: object, model: str, **counts: int) -> None:
            self.models.append(model)

    traces = two.engine._shared.stages.traces = Traces()  # type: ignore[assignment]
    desk = two.engine.open(ME, answers := Answers())
    for field, model in (("one", "first"), ("two", "second")):
        await suggested(desk, answers, 1, model, field)
    assert list(dict.fromkeys(traces.models)) == ["first", "second"]


async def test_a_model_without_memory_is_loaded_again_and_the_other_one_goes_on(two: Two) -> None:
    answers = Answers()
    desk = two.engine.open(ME, answers)
    assert await suggested(desk, answers, 1, "first", "there before") == "stions"
    two.second.fails = True
    desk.keystroke("two", Keystroke(1, BEFORE, model="second"))
    assert isinstance(await answers.final("two", 1), Failure)
    assert await suggested(desk, answers, 2, "first", "there before") == "stions"
    other = two.engine._engines["second"].open(ME, answers)
    outcome = await when_loaded(other, answers, "two")
    assert isinstance(outcome, Suggestion)
    assert outcome.text == "ries"
    assert (two.first.reopened, two.second.reopened) == (0, 1)


async def test_if_one_model_cannot_be_loaded_again_the_engine_says_what_to_do(two: Two) -> None:
    def reopen() -> None:
        raise failed_run("std::bad_alloc")

    two.second.reopen = reopen  # type: ignore[method-assign]
    two.second.fails = True
    two.engine.open(ME, Answers()).keystroke("two", Keystroke(1, BEFORE, model="second"))
    async with asyncio.timeout(60):
        assert "Set FORETYPE_TREES_MB lower" in await two.engine.broken()


async def test_own_words_are_suggested_by_each_model_and_forgotten_by_all(tmp_path: Path) -> None:
    """In the second model's vocabulary the word has two tokens."""
    store = WordStore(tmp_path, 1000)
    learn(store, "Please call Quillfeather", times=20)
    two = two_models(words=store)
    ada = Owner.alone("ada")

    async def words_of(model: str) -> str:
        answers = Answers()
        desk = two.engine.open(ada, answers)
        for seq, before in enumerate(("P", "Please call ")):
            desk.keystroke("one", Keystroke(seq, before, model=model))
            found = await answers.suggestion("one", seq)
            persons = two.engine._engines[model]._persons  # type: ignore[attr-defined]
            await asyncio.gather(*persons._looking)
        desk.close()
        return found.text

    assert [await words_of(model) for model in two.engine.models] == ["Quillfeather", "Quillfeather"]
    store.forget("ada")
    two.engine.forget_words("ada")
    assert [await words_of(model) for model in two.engine.models] == ["", ""]
    await two.engine.close()
