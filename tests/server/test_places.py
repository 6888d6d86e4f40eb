"""The limits of open connections and of the time that each may take, decided without a socket."""

from __future__ import annotations

import pytest

from foretype.server.patience import SECONDS, Patience, Phase
from foretype.server.places import NoPlace, Places
from foretype.support.open_files import SPARE, make_room, room_in
from tests.fake_time import FakeTimers


def test_no_more_connections_than_places() -> None:
    places = Places(3, 2)
    assert [places.take(None) for _ in range(4)] == [None, None, None, NoPlace.ALL_TAKEN]
    places.give_back(None)
    assert places.take("192.0.2.1") is None


def test_one_network_does_not_take_the_places_of_the_others() -> None:
    places = Places(10, 2)
    assert [places.take("192.0.2.1") for _ in range(3)] == [None, None, NoPlace.NETWORK_HAS_ITS_SHARE]
    assert places.take("192.0.2.2") is None
    places.give_back("192.0.2.1")
    assert places.take("192.0.2.1") is None
    assert places.taken == 3


def test_connections_that_may_be_anybodys_share_all_places() -> None:
    places = Places(10, 2)
    assert [places.take(None) for _ in range(10)] == [None] * 10


@pytest.mark.parametrize("phase", SECONDS)
def test_each_phase_has_its_time(phase: Phase) -> None:
    timers, expired = FakeTimers(), list[Phase]()
    patience = Patience(timers, expired.append)
    patience.enter(phase)
    timers.advance(SECONDS[phase] * 1000 - 1)
    assert expired == []
    timers.advance(1)
    assert expired == [phase]


def test_a_new_phase_ends_the_time_of_the_one_before() -> None:
    timers, expired = FakeTimers(), list[Phase]()
    patience = Patience(timers, expired.append)
    for phase in (Phase.HEAD, Phase.REQUEST, Phase.IDLE, Phase.SOCKET):
        patience.enter(phase)
    assert timers.pending == 0
    timers.advance(1e9)
    assert expired == []


def test_a_slow_head_gets_no_more_time_by_sending_another_byte() -> None:
    timers, expired = FakeTimers(), list[Phase]()
    patience = Patience(timers, expired.append)
    patience.enter(Phase.HEAD)
    assert timers.pending == 1  # nothing starts it again: only a complete head ends the phase
    timers.advance(SECONDS[Phase.HEAD] * 1000)
    assert expired == [Phase.HEAD]


@pytest.mark.parametrize(
    ("files", "open_now", "wanted", "most"),
    [(10_000, 20, 500, 500), (712, 20, 500, 500), (711, 20, 500, 499), (64, 20, 500, 22), (21, 20, 500, 1)],
)
def test_of_few_files_some_are_spared_for_what_is_no_connection(
    files: int, open_now: int, wanted: int, most: int
) -> None:
    assert room_in(files, open_now + SPARE + wanted, wanted).connections == most


def test_this_process_has_room_for_a_few() -> None:
    room = make_room(3)
    assert room.connections == 3
    assert room.files is None or room.files >= room.needed
