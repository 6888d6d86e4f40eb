"""The whole engine: with a scripted model for its rules, with one that hangs, and with the real model."""

from __future__ import annotations

import asyncio
import errno
import gc
import io
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import onnxruntime as ort
import pytest
from prometheus_client import CollectorRegistry

from foretype.engine import local, start
from foretype.engine.beginning import Beginning
from foretype.engine.contract import Desk, Failure, Owner
from foretype.engine.field import OVERLOADED
from foretype.engine.keystroke import Context, Keystroke, Reason, Source, Suggestion
from foretype.engine.local import EngineConfig, LocalEngine
from foretype.engine.memory import MEBIBYTE
from foretype.engine.scheduler import Scheduler
from foretype.engine.start import start_engine
from foretype.engine.tree.choice import Policy, first_word
from foretype.engine.tree.draft import Draft
from foretype.models.field_kind import FieldKind
from foretype.models.manifest import GRAPH, Manifest
from foretype.prepare.ensure import ensure_prepared
from foretype.runtime.arena import Arena, Pool
from foretype.runtime.chunk import Chunk, Logits
from foretype.runtime.device.runtime import DeviceRuntime
from foretype.runtime.out_of_memory import OutOfMemoryError
from foretype.runtime.providers import CPU_ONLY, NAMES, Gpu, Providers
from foretype.support import logs
from foretype.support.execution_provider import Provider
from foretype.support.metrics import Stages
from foretype.support.settings import Settings
from tests.runtime.as_onnx_runtime import failed_run
from tests.runtime.test_device import ON_CUDA, FarSession
from tests.scripted_model import BEGIN, ScriptedModel, byte_level_vocabulary

VOCABULARY = byte_level_vocabulary(" any", " questions", "Please")
ME = Owner.alone("me")
SCRIPT = {" any": {" questions": 0.9}, " questions": {".": 0.9}}


@dataclass
class Answers:
    """Collects a desk's answers, and lets a test wait for the final answer to a keystroke."""

    said: list[tuple[str, int, Suggestion | Failure, bool]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(
        self, name: str, seq: int, outcome: Suggestion | Failure, *, final: bool, elapsed_ms: float
    ) -> None:
        self.said.append((name, seq, outcome, final))
        self.changed.set()

    async def final(self, name: str, seq: int) -> Suggestion | Failure:
        async with asyncio.timeout(60):
            while True:
                for field_name, number, outcome, final in self.said:
                    if final and (field_name, number) == (name, seq):
                        return outcome
                self.changed.clear()
                await self.changed.wait()

    async def suggestion(self, name: str, seq: int) -> Suggestion:
        outcome = await self.final(name, seq)
        assert isinstance(outcome, Suggestion), outcome
        return outcome


class HangingModel(ScriptedModel):
    """Ends no run before the test lets it."""

    def __init__(self) -> None:
        super().__init__(VOCABULARY, SCRIPT)
        self.let_go = threading.Event()

    def run(self, arena: Arena, chunk: Chunk) -> Logits:
        self.let_go.wait()
        return super().run(arena, chunk)


def scripted_engine(
    model: ScriptedModel,
    budget_ms: float = 10_000,
    trees_bytes: int = 1_000_000,
    stages: Stages | None = None,
    policies: Mapping[FieldKind, Policy] | None = None,
) -> LocalEngine:
    config = EngineConfig(
        model="scripted",
        begin={kind: Beginning([BEGIN]) for kind in FieldKind},
        policy=Policy(),
        budget_ms=budget_ms,
        trees_bytes=trees_bytes,
        policies=policies or {},
    )
    return LocalEngine(config, model, VOCABULARY, asyncio.get_running_loop(), stages)


async def test_each_of_two_fields_of_one_connection_gets_its_own_answer() -> None:
    engine = scripted_engine(ScriptedModel(VOCABULARY, SCRIPT))
    answers = Answers()
    desk = engine.open(ME, answers)
    desk.keystroke("one", Keystroke(1, "Please any que"))
    desk.keystroke("two", Keystroke(1, "any any quest"))
    assert (await answers.suggestion("one", 1)).text == "stions"
    assert (await answers.suggestion("two", 1)).text == "ions"
    await engine.close()


async def test_a_kind_of_field_can_have_a_policy_of_its_own() -> None:
    never = Policy(show=1.0, draw_out=1.0, keep=1.0)
    engine = scripted_engine(ScriptedModel(VOCABULARY, SCRIPT), policies={FieldKind.SEARCH: never})
    answers = Answers()
    desk = engine.open(ME, answers)
    for kind, shown in ((FieldKind.TEXT, "stions"), (FieldKind.SEARCH, "")):
        desk.keystroke(kind, Keystroke(1, "Please any que", kind=kind))
        assert (await answers.suggestion(kind, 1)).text == shown
    await engine.close()


async def test_a_closed_desk_gives_no_answer() -> None:
    engine = scripted_engine(ScriptedModel(VOCABULARY, SCRIPT))
    gone, there = Answers(), Answers()
    desk, other = engine.open(ME, gone), engine.open(ME, there)
    desk.keystroke("one", Keystroke(1, "Please any que"))
    desk.close()
    other.keystroke("one", Keystroke(1, "Please any que"))
    await there.final("one", 1)
    assert gone.said == []
    await engine.close()


async def test_the_budget_holds_when_the_model_hangs() -> None:
    """Every keystroke gets its final answer though no run ends, and the engine can be closed."""
    model = HangingModel()
    engine = scripted_engine(model, budget_ms=20)
    answers = Answers()
    desk = engine.open(ME, answers)
    for seq, before in enumerate(("Please any q", "Please any qu", "Please any que"), start=1):
        desk.keystroke("one", Keystroke(seq, before))
        assert await answers.suggestion("one", seq) == Suggestion.nothing(Reason.BUDGET, Source.BUDGET)
    await engine.close()
    model.let_go.set()


async def test_an_engine_without_memory_for_one_field_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(model: ScriptedModel, rows: int, capacity: int) -> Pool:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(ScriptedModel, "new_pool", full)
    engine = scripted_engine(ScriptedModel(VOCABULARY, SCRIPT))
    with pytest.raises(OutOfMemoryError):
        await engine.warm_up()
    await engine.close()


async def test_fields_free_their_trees_if_memory_is_short() -> None:
    engine = scripted_engine(ScriptedModel(VOCABULARY, SCRIPT), trees_bytes=0)
    answers = Answers()
    desk = engine.open(ME, answers)
    for seq in (1, 2):
        for name in ("one", "two"):
            desk.keystroke(name, Keystroke(seq, "Please any que"))
            assert (await answers.suggestion(name, seq)).source is Source.MODEL
    await engine.close()


async def test_a_keystroke_is_counted_and_can_be_followed_through_its_stages_without_its_text() -> None:
    stream = io.StringIO()
    logs.configure("debug", stream)
    registry = CollectorRegistry()
    engine = scripted_engine(ScriptedModel(VOCABULARY, SCRIPT), stages=Stages(registry))
    answers = Answers()
    desk = engine.open(ME, answers)
    desk.keystroke("one", Keystroke(1, "Please any que", trace=77))
    await answers.final("one", 1)

    lines = [line for line in stream.getvalue().splitlines() if "trace=77" in line]
    stages = [line.partition("stage='")[2].partition("'")[0] for line in lines]
    assert stages == ["tree", *["queue", "model", "tree"] * (len(stages) // 3)]
    assert len(stages) > 1
    assert "Please" not in stream.getvalue()
    for stage in ("tree", "queue", "model"):
        assert registry.get_sample_value("foretype_stage_ms_count", {"stage": stage})
    assert registry.get_sample_value("foretype_model_runs_total", {"purpose": "keystroke"})
    assert registry.get_sample_value("foretype_tree_bytes")
    assert registry.get_sample_value("foretype_waiting_fields") == 0
    await engine.close()


async def test_when_fields_have_been_closed_their_memory_goes_back_to_the_system_once_for_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given_back: list[bool] = []
    done = asyncio.Event()
    loop = asyncio.get_running_loop()

    def note() -> None:
        given_back.append(True)
        loop.call_soon_threadsafe(done.set)

    monkeypatch.setattr(local, "GIVE_BACK_AFTER_S", 0.0)
    monkeypatch.setattr(local, "give_back", note)
    engine = scripted_engine(ScriptedModel(VOCABULARY, SCRIPT))
    answers = Answers()
    desk = engine.open(ME, answers)
    for name in ("one", "two"):
        desk.keystroke(name, Keystroke(1, "Please any que"))
        await answers.final(name, 1)
    for name in ("one", "two"):
        desk.forget(name)
    async with asyncio.timeout(60):
        await done.wait()
    await engine.close()
    assert given_back == [True]


class ForgetfulModel(ScriptedModel):
    """Runs out of memory in the next `failing` runs, and counts how often it is loaded again."""

    def __init__(self, failing: int) -> None:
        super().__init__(VOCABULARY, SCRIPT)
        self.failing = failing
        self.reopened = 0

    def reopen(self) -> None:
        self.reopened += 1

    def run(self, arena: Arena, chunk: Chunk) -> Logits:
        if self.failing:
            self.failing -= 1
            raise failed_run("std::bad_alloc")
        return super().run(arena, chunk)


async def when_loaded(desk: Desk, answers: Answers, name: str) -> Suggestion | Failure:
    """Type until a keystroke is not answered with OVERLOADED, as all are while the model is loaded again."""
    async with asyncio.timeout(60):
        for seq in count(2):
            desk.keystroke(name, Keystroke(seq, "Please any que"))
            outcome = await answers.final(name, seq)
            if outcome != OVERLOADED:
                break
            await asyncio.sleep(0)
    return outcome


async def test_after_a_run_without_memory_the_model_is_loaded_again_and_all_fields_go_on() -> None:
    model = ForgetfulModel(failing=0)
    engine = scripted_engine(model)
    answers = Answers()
    desk = engine.open(ME, answers)
    desk.keystroke("there before", Keystroke(1, "Please any que"))
    assert (await answers.suggestion("there before", 1)).text == "stions"
    model.failing = 1
    desk.keystroke("one", Keystroke(1, "any any quest"))
    assert isinstance(await answers.final("one", 1), Failure)
    for name in ("one", "there before"):
        outcome = await when_loaded(desk, answers, name)
        assert isinstance(outcome, Suggestion)
        assert outcome.source is Source.MODEL
    assert model.reopened == 1
    await engine.close()


async def test_while_the_model_is_loaded_again_no_field_is_served_and_the_old_pools_are_free() -> None:
    pools: list[weakref.ref[Pool]] = []
    held: list[bool] = []

    class SlowToReopen(ForgetfulModel):
        let_go = threading.Event()

        def new_pool(self, rows: int, capacity: int) -> Pool:
            pool = super().new_pool(rows, capacity)
            pools.append(weakref.ref(pool))
            return pool

        def reopen(self) -> None:
            held.extend(pool() is not None for pool in pools)
            self.let_go.wait()
            super().reopen()

    model = SlowToReopen(failing=1)
    engine = scripted_engine(model)
    answers = Answers()
    desk = engine.open(ME, answers)
    desk.keystroke("one", Keystroke(1, "Please any que"))
    assert isinstance(await answers.final("one", 1), Failure)
    desk.keystroke("two", Keystroke(1, "Please any que"))
    assert await answers.final("two", 1) == OVERLOADED
    model.let_go.set()
    outcome = await when_loaded(desk, answers, "one")
    assert isinstance(outcome, Suggestion)
    assert outcome.text == "stions"
    assert held == [False]
    await engine.close()


async def test_an_error_at_a_keystroke_loses_its_answer_and_its_tree_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = scripted_engine(ScriptedModel(VOCABULARY, SCRIPT))
    answers = Answers()
    desk = engine.open(ME, answers)
    with monkeypatch.context() as patch:
        patch.setattr(Draft, "place", None)
        desk.keystroke("one", Keystroke(1, "Please any que"))
    assert isinstance(await answers.final("one", 1), Failure)
    assert desk._fields["one"].shrink(), "nothing is going on in it"
    desk.keystroke("one", Keystroke(2, "Please any que"))
    assert (await answers.suggestion("one", 2)).text == "stions"
    await engine.close()


async def test_if_the_scheduler_ends_the_engine_reports_it(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = scripted_engine(ScriptedModel(VOCABULARY, SCRIPT))
    monkeypatch.setattr(Scheduler, "_choose", None)
    engine.open(ME, Answers()).keystroke("one", Keystroke(1, "Please any que"))
    async with asyncio.timeout(60):
        assert "This is a bug in Foretype." in await engine.broken()
    with pytest.raises(TypeError):
        await engine.close()


async def test_an_idle_engine_keeps_nothing_of_a_closed_field() -> None:
    engine = scripted_engine(ScriptedModel(VOCABULARY, SCRIPT))
    answers = Answers()
    desk = engine.open(ME, answers)
    desk.keystroke("one", Keystroke(1, "Please any que"))
    await answers.final("one", 1)
    closed = weakref.ref(desk._fields["one"])
    desk.forget("one")
    async with asyncio.timeout(60):
        while closed() is not None:
            await asyncio.sleep(0)
            gc.collect()
    await engine.close()


async def test_a_model_that_runs_out_of_memory_again_gives_up_and_says_what_to_do() -> None:
    model = ForgetfulModel(failing=2)
    engine = scripted_engine(model)
    answers = Answers()
    desk = engine.open(ME, answers)
    desk.keystroke("one", Keystroke(1, "Please any que"))
    assert isinstance(await answers.final("one", 1), Failure)
    assert isinstance(await when_loaded(desk, answers, "one"), Failure)
    async with asyncio.timeout(60):
        assert "FORETYPE_TREES_MB" in await engine.broken()
    assert model.reopened == 1
    await engine.close()


class NotingModel(ScriptedModel):
    """Notes the row of each run, which tells the field."""

    def __init__(self) -> None:
        super().__init__(VOCABULARY, SCRIPT)
        self.rows: list[int] = []

    def run(self, arena: Arena, chunk: Chunk) -> Logits:
        self.rows.append(arena.row)
        return super().run(arena, chunk)


async def test_a_field_with_endless_keystrokes_gets_at_most_every_other_run() -> None:
    """One field gets a keystroke at every turn of the event loop, another one now and then."""
    model = NotingModel()
    engine = scripted_engine(model)
    greedy, patient = Answers(), Answers()
    flood, desk = engine.open(ME, greedy), engine.open(ME, patient)
    stop = asyncio.Event()

    async def never_pause() -> None:
        seq = 1
        while not stop.is_set():
            seq += 1
            flood.keystroke("one", Keystroke(seq, f"Please any {seq} que"))
            await asyncio.sleep(0)

    flood.keystroke("one", Keystroke(1, "Please any que"))
    await greedy.final("one", 1)  # the flood is there first, and has the pool's first row
    flooding = asyncio.ensure_future(never_pause())
    for seq, before in enumerate(("any q", "any qu", "any query any", "any any quest"), start=1):
        begun = len(model.rows)
        desk.keystroke("two", Keystroke(seq, before))
        outcome = await patient.final("two", seq)
        assert isinstance(outcome, Suggestion)
        turns = model.rows[begun:]
        # At most the run under way and one after each of its own.
        assert turns.count(0) <= turns.count(1) + 2
    stop.set()
    await flooding
    await engine.close()


@pytest.mark.parametrize(
    ("settings", "provider", "expected"),
    [
        (Settings(), Provider.CPU, 1024),
        (Settings(), Provider.CUDA, 8192),
        (Settings(gpu_memory_mb=6000), Provider.CUDA, 3000),
        (Settings(trees_mb=200), Provider.CUDA, 200),
    ],
)
def test_trees_take_half_of_a_gpu_if_the_settings_do_not_say(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, provider: Provider, expected: int
) -> None:
    monkeypatch.setattr(start, "first_gpu", lambda: Gpu("NVIDIA", 13000, 16384 * MEBIBYTE))
    assert start._trees_bytes(settings, NAMES[provider]) == expected * MEBIBYTE


# -- the real model --------------------------------------------------------------------------------


def on_a_device(providers: Providers) -> Callable[..., DeviceRuntime]:
    """In place of `open_runtime`: a device runtime whose device is the CPU."""

    def open_there(folder: Path, threads: int, **_: object) -> DeviceRuntime:
        geometry = Manifest.read(folder).geometry
        return DeviceRuntime(
            folder / GRAPH, geometry, threads=threads, providers=providers, device=("cpu", 0)
        )

    return open_there


@pytest.fixture(params=["on the host", "on a device"])
async def real(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalEngine]:
    """Prepares the model if it is not there yet, which takes minutes."""
    settings = Settings(budget_ms=60_000, model="smollm2-135m")
    ready = await asyncio.to_thread(ensure_prepared, settings)
    if request.param == "on a device":
        monkeypatch.setattr(start, "open_runtime", on_a_device(CPU_ONLY))
    engine = await start_engine(ready.folder, settings)
    yield engine
    await engine.close()


@pytest.mark.model
@pytest.mark.parametrize(
    ("before", "word"),
    [
        ("Please let me know if you have any que", "stions"),
        ("The meeting is sched", "uled"),
        ("I hope this em", "ail"),
        ("Best reg", "ards"),
    ],
)
async def test_the_real_model_finishes_half_a_word(real: LocalEngine, before: str, word: str) -> None:
    answers = Answers()
    real.open(ME, answers).keystroke("f", Keystroke(1, before))
    found = await answers.suggestion("f", 1)
    assert first_word(found.text) == word
    assert 0.0 < found.confidence <= 1.0


ENGLISH = "Thank you very much for your mail. "
GERMAN = "Vielen Dank für deine Mail, ich habe mich sehr gefreut. "


@pytest.mark.model
async def test_in_german_the_real_model_of_english_is_quiet_and_in_english_beside_it_not(
    real: LocalEngine,
) -> None:
    asked = "Please let me know if you have any que"
    for seq, (before, word) in enumerate(
        [
            (f"{ENGLISH}{asked}", "stions"),
            (f"{GERMAN}Bitte melde dich, wenn du Fragen hast oder eine Ant", None),
            (f"{GERMAN}\n\n{ENGLISH}I hope you are well. {asked}", "stions"),
        ],
        1,
    ):
        answers = Answers()
        real.open(ME, answers).keystroke("f", Keystroke(seq, before))
        found = await answers.suggestion("f", seq)
        if word is None:
            assert (found.text, found.reason) == ("", Reason.UNSUPPORTED_TEXT), before
        else:
            assert first_word(found.text) == word, before


AROUND = {
    "usual": "Re: The pipeline in Portland",
    "long": "Portland " * 200,
    "lines and controls": "Portland\r\n\x00\x1b[2J\u2028pipeline",
    "lone surrogates": "Portland \ud83d pipeline",
    "emoji": "🙂" * 200,
    "right-to-left": "مرحبا بك",
    "spaces": " " * 200,
}


@pytest.mark.model
@pytest.mark.parametrize("name", AROUND)
async def test_whatever_stands_around_a_keystroke_is_answered(real: LocalEngine, name: str) -> None:
    answers = Answers()
    desk = real.open(ME, answers)
    for seq, text in enumerate([AROUND[name], "Another", AROUND[name]], start=1):
        keystroke = Keystroke(seq, "Please let me know if you have any que", kind=FieldKind.EMAIL)
        desk.keystroke("f", replace(keystroke, subject=text, context=Context(text)))
        found = await answers.suggestion("f", seq)
        assert first_word(found.text) == "stions"


@pytest.mark.model
async def test_a_name_from_what_stands_around_becomes_likely(real: LocalEngine) -> None:
    async def confidence(subject: str | None = None, answered: str | None = None) -> float:
        answers = Answers()
        keystroke = Keystroke(1, "Dear Ann,\n\nThank you for the visit to Bren", kind=FieldKind.EMAIL)
        desk = real.open(ME, answers)
        desk.keystroke("f", replace(keystroke, subject=subject, context=Context(answered)))
        found = await answers.suggestion("f", 1)
        desk.close()
        return found.confidence if found.text.startswith("ham") else 0.0

    without = await confidence()
    assert await confidence(subject="The visit to Brenham") > without
    assert await confidence(answered="Hi,\n\nwe would be glad to see you in Brenham in May.") > without


STRANGE = {
    "empty": "",
    "NUL": "a\x00b\x00 th",
    "lone surrogates": "Hello \ud83d and \udc00 wor",
    "half an emoji": "Hello \ud83d",
    "emoji": "Nice 👍🏽👩‍👩‍👧 wor",
    "Chinese": "我们明天开会",
    "right-to-left": "مرحبا بك ",
    "combining": "e\u0301" * 50 + " the",
    "one word of 2000 letters": "a" * 2000,
    "2000 emoji": "🙂" * 2000,
    "2000 spaces": " " * 2000 + "the",
    "2000 line breaks": "\n" * 2000 + "The",
    "controls": "".join(map(chr, range(32))) * 20 + "the",
}


@pytest.mark.model
async def test_any_text_is_answered_and_leaves_the_field_working(real: LocalEngine) -> None:
    answers = Answers()
    desk = real.open(ME, answers)
    for seq, (name, before) in enumerate(STRANGE.items(), start=1):
        desk.keystroke("f", Keystroke(2 * seq, before))
        found = await answers.suggestion("f", 2 * seq)
        assert bool(found.text) != bool(found.reason), name
        desk.keystroke("f", Keystroke(2 * seq + 1, "Best reg"))
        assert (await answers.suggestion("f", 2 * seq + 1)).text.startswith("ards"), name


@pytest.mark.model
async def test_the_first_keystrokes_replay_runs_that_were_recorded_before_the_server_was_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a session that records and replays as CUDA's does: each recording for one thread."""
    settings = Settings(budget_ms=60_000, model="smollm2-135m")
    ready = await asyncio.to_thread(ensure_prepared, settings)
    monkeypatch.setattr(FarSession, "opened", [], raising=False)
    monkeypatch.setattr(ort, "InferenceSession", FarSession)
    monkeypatch.setattr(start, "open_runtime", on_a_device(ON_CUDA))
    engine = await start_engine(ready.folder, settings)
    (session,) = FarSession.opened
    recorded = set(session.recorded)
    assert len({thread for thread, _ in recorded}) == 1
    answers = Answers()
    desk = engine.open(ME, answers)
    for seq, before in enumerate(("The meeting is ", "The meeting is s", "The meeting is sched"), start=1):
        desk.keystroke("f", Keystroke(seq, before))
        await answers.final("f", seq)
    assert (await answers.suggestion("f", 3)).text.startswith("uled")
    assert {str(number) for _, number in recorded} & set(session.runs[-20:])
    assert set(session.recorded) == recorded
    await engine.close()
