"""What `latency.cluster` counts: times without an answer, and how even the sockets are."""

from __future__ import annotations

from random import Random

import pytest

from latency.cluster.sockets import Sample, even_from
from latency.cluster.waits import Waits
from latency.several.staying import FIRST_WAIT_S, LONGEST_WAIT_S, wait_before


def test_a_time_without_an_answer_begins_with_the_first_key_that_has_none() -> None:
    waits = Waits()
    waits.pressed(1, 10.0)
    waits.answered(1, 10.1)
    waits.pressed(2, 10.5)
    waits.pressed(3, 11.0)
    waits.pressed(4, 11.2)
    waits.answered(3, 11.4)  # to a later key: what was typed before is answered with it
    assert [round(one.seconds, 3) for one in waits.ended] == [0.1, 0.9]
    assert waits.is_waiting
    waits.answered(4, 11.5)
    assert not waits.is_waiting
    assert waits.ended[-1].seconds == pytest.approx(0.3)


def test_an_answer_to_a_key_that_was_answered_ends_nothing() -> None:
    waits = Waits()
    waits.pressed(1, 10.0)
    waits.answered(1, 10.1)
    waits.pressed(2, 10.5)
    waits.answered(1, 10.6)  # again, after the text was sent twice
    assert len(waits.ended) == 1
    assert waits.is_waiting


def test_the_longest_time_is_of_those_that_began_in_the_phase() -> None:
    waits = Waits()
    for key, at, took in ((1, 5.0, 3.0), (2, 10.0, 0.2), (3, 12.0, 0.4), (4, 20.0, 9.0)):
        waits.pressed(key, at)
        waits.answered(key, at + took)
    assert waits.longest(10.0, 20.0) == pytest.approx(0.4)
    assert waits.longest(30.0, 40.0) == 0.0


@pytest.mark.parametrize(
    ("sockets", "is_even"), [((8, 8, 8), True), ((6, 9, 9), True), ((5, 9, 10), False), ((7, 6, 11), False)]
)
def test_sockets_are_even_within_30_percent(sockets: tuple[int, ...], is_even: bool) -> None:
    assert Sample(0.0, dict(zip("abc", sockets, strict=True))).is_even is is_even


def test_the_time_until_sockets_are_even_ends_when_they_stay_so() -> None:
    even, uneven = {"a": 5, "b": 5}, {"a": 9, "b": 1}
    samples = [Sample(float(at), one) for at, one in enumerate([even, uneven, even, uneven, even, even])]
    assert even_from(samples, since=1.5) == 2.5
    assert even_from(samples[:4], since=1.5) is None
    assert even_from([Sample(3.0, even)], since=1.0) == 2.0


def test_waits_are_those_of_the_extension() -> None:
    first = [wait_before(0, Random(seed)) for seed in range(500)]
    assert 0 <= min(first) < 0.1 * FIRST_WAIT_S
    assert 0.9 * FIRST_WAIT_S < max(first) <= FIRST_WAIT_S
    second = [wait_before(1, Random(seed)) for seed in range(500)]
    assert FIRST_WAIT_S <= min(second) <= max(second) <= 2 * FIRST_WAIT_S
    assert LONGEST_WAIT_S / 2 <= wait_before(99, Random(0)) <= LONGEST_WAIT_S
