from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from foretype.words.desk import QUIET_S, LearningDesk
from foretype.words.store import WordStore
from tests.fake_time import FakeTimers

PLACE = ("connection 1", "body")


@pytest.fixture
def timers() -> FakeTimers:
    return FakeTimers()


@pytest.fixture
async def desk(tmp_path: Path, timers: FakeTimers) -> AsyncIterator[LearningDesk]:
    desk = LearningDesk(WordStore(tmp_path, 1000), timers, lambda word: True, 2000)
    yield desk
    await desk.close()


async def pieces(desk: LearningDesk, person: str = "ada") -> list[str]:
    exported = await desk.with_file(lambda store: store.export(person))
    return sorted(run["piece"].strip() for run in exported["runs"])


def typed(desk: LearningDesk, text: str, *, learn: bool = True, lasting: bool = True) -> None:
    for end in range(1, len(text) + 1):
        desk.keystroke("ada", PLACE, text[:end], "", learn=learn, lasting=lasting)


async def test_a_field_is_learnt_when_it_is_left(desk: LearningDesk) -> None:
    typed(desk, "good day")
    assert await pieces(desk) == []
    desk.left(PLACE)
    assert await pieces(desk) == ["day", "good"]


async def test_nothing_is_learnt_if_the_newest_keystroke_does_not_ask_for_it(desk: LearningDesk) -> None:
    typed(desk, "good day")
    desk.keystroke("ada", PLACE, "good day t", "", learn=False)
    desk.left(PLACE)
    assert await pieces(desk) == []


async def test_the_end_of_a_connection_leaves_its_fields_only(desk: LearningDesk) -> None:
    typed(desk, "good day")
    desk.gone("connection 2")
    assert await pieces(desk) == []
    desk.gone("connection 1")
    assert await pieces(desk) == ["good"]


async def test_a_half_word_is_not_learnt_if_the_connection_breaks_in_it(desk: LearningDesk) -> None:
    typed(desk, "my pass")
    desk.gone("connection 1")
    desk.keystroke("ada", ("connection 2", "body"), "my passp", "", learn=True)
    desk.keystroke("ada", ("connection 2", "body"), "my passport", "", learn=True)
    desk.left(("connection 2", "body"))
    assert await pieces(desk) == ["my", "passport"]


async def test_the_last_word_of_a_quiet_field_is_learnt_when_its_connection_ends(
    desk: LearningDesk, timers: FakeTimers
) -> None:
    typed(desk, "good day")
    timers.advance(QUIET_S * 1000)
    desk.gone("connection 1")
    assert await pieces(desk) == ["day", "good"]


async def test_a_quiet_field_is_learnt_but_for_the_word_at_the_caret(
    desk: LearningDesk, timers: FakeTimers
) -> None:
    typed(desk, "good day")
    timers.advance((QUIET_S - 1) * 1000)
    assert await pieces(desk) == []
    timers.advance(2000)
    assert await pieces(desk) == ["good"]
    desk.left(PLACE)
    assert await pieces(desk) == ["day", "good"]


async def test_a_field_that_nobody_will_close_is_left_when_it_is_quiet(
    desk: LearningDesk, timers: FakeTimers
) -> None:
    typed(desk, "good day", lasting=False)
    timers.advance((QUIET_S + 1) * 1000)
    assert await pieces(desk) == ["day", "good"]


async def test_what_a_person_wants_forgotten_is_not_learnt_afterwards(desk: LearningDesk) -> None:
    typed(desk, "good day")
    desk.forget("ada")
    desk.left(PLACE)
    assert await pieces(desk) == []


async def test_at_the_end_all_is_learnt(tmp_path: Path, timers: FakeTimers) -> None:
    desk = LearningDesk(WordStore(tmp_path, 1000), timers, lambda word: True, 2000)
    typed(desk, "good day")
    await desk.close()
    assert len(WordStore(tmp_path, 1000).export("ada")["runs"]) == 2
