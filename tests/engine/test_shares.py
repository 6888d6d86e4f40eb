"""Whose turn it is, by the model time that each owner has used."""

from __future__ import annotations

import pytest

from foretype.engine.contract import Owner
from foretype.engine.shares import CREDIT_S, MOST_PARTIES, STEP_S, Demand, Purpose, Shares

RUN_S = 0.0625  # a float without an error, so that sums can be equal


def turns(shares: Shares, demands: list[Demand], count: int) -> list[str]:
    """Whose turns the next runs are, if all `demands` wait all the time: the names of the people."""
    people = []
    for _ in range(count):
        for demand in demands:
            shares.asks(demand)
        first = min(demands, key=shares.used)
        shares.chosen(first)
        shares.charge(first, RUN_S)
        people.append(first.owner.person)
    return people


def reads(person: str, token: str | None = None) -> Demand:
    return Demand(Purpose.READING, Owner(token or person, person))


def types(person: str) -> Demand:
    return Demand(Purpose.TYPING, Owner.alone(person))


def test_owners_take_turns() -> None:
    owners = [reads(name) for name in "abc"]
    assert turns(Shares(), owners, 6) == ["a", "b", "c", "a", "b", "c"]


def test_an_owner_whose_runs_are_longer_gets_fewer_of_them() -> None:
    shares, long, short = Shares(), reads("long"), reads("short")
    for demand in (long, short):
        shares.asks(demand)
    shares.chosen(long)
    shares.charge(long, 3 * RUN_S)
    assert turns(shares, [long, short], 4) == ["short", "short", "short", "long"]


def test_the_people_of_one_token_share_what_another_token_has_alone() -> None:
    people = [reads(name, "fixed") for name in "abc"]
    owners = [*people, reads("paired")]
    assert turns(Shares(), owners, 8) == ["a", "paired", "b", "paired", "c", "paired", "a", "paired"]


def test_typing_gets_half_of_the_time_however_many_read() -> None:
    demands = [*(reads(name) for name in "abc"), types("d")]
    assert turns(Shares(), demands, 8) == ["a", "d", "b", "d", "c", "d", "a", "d"]


def test_who_has_read_much_can_type_at_once() -> None:
    shares = Shares()
    turns(shares, [reads("me"), reads("you")], 1000)
    assert turns(shares, [types("me"), reads("me"), reads("you")], 1) == ["me"]


def test_owners_that_have_used_nearly_the_same_are_equal_so_that_deadlines_decide() -> None:
    shares, one, other = Shares(), types("one"), types("other")
    for demand in (one, other):
        shares.asks(demand)
    shares.charge(one, STEP_S * 0.9)
    assert shares.used(one) == shares.used(other)
    shares.charge(one, STEP_S * 0.2)
    assert shares.used(one) > shares.used(other)


def test_an_owner_that_was_idle_keeps_some_time_that_it_did_not_use_and_no_more() -> None:
    shares, busy, idle = Shares(), reads("busy"), reads("idle")
    shares.asks(idle)
    turns(shares, [busy], 1000)
    readers = shares._tokens[Purpose.READING]
    shares.asks(idle)
    assert readers["idle"] == pytest.approx(readers["busy"] - RUN_S - CREDIT_S)
    later = turns(shares, [busy, idle], 100)
    assert 50 < later.count("idle") <= 53  # the credit is less than two runs


def test_an_owner_that_worked_alone_is_not_behind_one_that_comes_later() -> None:
    shares, first, later = Shares(), reads("first"), reads("later")
    turns(shares, [first], 1000)
    assert turns(shares, [first, later], 5).count("first") == 2


def test_a_new_name_brings_no_credit() -> None:
    shares, busy = Shares(), reads("busy", "fixed")
    turns(shares, [busy], 1000)
    new = [reads(str(number), "fixed") for number in range(3)]
    assert turns(shares, [busy, *new], 5) == ["0", "1", "2", "busy", "0"]


def test_sums_of_owners_that_have_not_asked_for_long_are_forgotten() -> None:
    shares = Shares()
    for number in range(2 * MOST_PARTIES):
        shares.asks(reads(str(number), "fixed"))
    assert len(shares._people[Purpose.READING, "fixed"]) == MOST_PARTIES
    assert shares.used(reads("0", "fixed")) == (0.0, 0.0, 0.0)


def test_tokens_that_have_not_asked_for_long_are_forgotten_with_their_people() -> None:
    shares = Shares()
    for number in range(2 * MOST_PARTIES):
        shares.asks(reads(str(number)))
    assert len(shares._people) == MOST_PARTIES
    forgotten = reads("0")
    shares.charge(forgotten, RUN_S)
    shares.chosen(forgotten)
    assert shares.used(forgotten) == (RUN_S, 0.0, 0.0)
