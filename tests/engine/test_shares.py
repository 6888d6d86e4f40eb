"""Whose turn it is, by the model time that each owner has used."""

from __future__ import annotations

import pytest

from foretype.engine.contract import Owner
from foretype.engine.shares import CREDIT_S, MOST_PARTIES, Shares

RUN_S = 0.04


def turns(shares: Shares, owners: list[Owner], count: int) -> list[str]:
    """Whose turns the next runs are, if all `owners` wait all the time: the names of the people."""
    people = []
    for _ in range(count):
        for owner in owners:
            shares.asks(owner)
        first = min(owners, key=shares.used)
        shares.chosen(first)
        shares.charge(first, RUN_S)
        people.append(first.person)
    return people


def test_owners_take_turns() -> None:
    owners = [Owner.alone(name) for name in "abc"]
    assert turns(Shares(), owners, 6) == ["a", "b", "c", "a", "b", "c"]


def test_an_owner_whose_runs_are_longer_gets_fewer_of_them() -> None:
    shares, long, short = Shares(), Owner.alone("long"), Owner.alone("short")
    for owner in (long, short):
        shares.asks(owner)
    shares.chosen(long)
    shares.charge(long, 3 * RUN_S)
    assert turns(shares, [long, short], 4) == ["short", "short", "short", "long"]


def test_the_people_of_one_token_share_what_another_token_has_alone() -> None:
    people = [Owner("fixed", name) for name in "abc"]
    owners = [*people, Owner.alone("paired")]
    assert turns(Shares(), owners, 8) == ["a", "paired", "b", "paired", "c", "paired", "a", "paired"]


def test_an_owner_that_was_idle_keeps_some_time_that_it_did_not_use_and_no_more() -> None:
    shares, busy, idle = Shares(), Owner.alone("busy"), Owner.alone("idle")
    shares.asks(idle)
    turns(shares, [busy], 1000)
    now, _ = shares.used(busy)
    shares.asks(idle)
    assert shares.used(idle)[0] == pytest.approx(now - RUN_S - CREDIT_S)
    assert (
        turns(shares, [busy, idle], 8).count("idle") == 6
    )  # CREDIT_S is 2.5 runs, then each has every other


def test_an_owner_that_worked_alone_is_not_behind_one_that_comes_later() -> None:
    shares, first, later = Shares(), Owner.alone("first"), Owner.alone("later")
    turns(shares, [first], 1000)
    assert turns(shares, [first, later], 5).count("first") == 2


def test_a_new_name_brings_no_credit() -> None:
    shares, busy = Shares(), Owner("fixed", "busy")
    turns(shares, [busy], 1000)
    new = [Owner("fixed", str(number)) for number in range(3)]
    assert turns(shares, [busy, *new], 5) == ["0", "1", "2", "busy", "0"]


def test_sums_of_owners_that_have_not_asked_for_long_are_forgotten() -> None:
    shares = Shares()
    for number in range(2 * MOST_PARTIES):
        shares.asks(Owner("fixed", str(number)))
    assert len(shares._people["fixed"]._used) == MOST_PARTIES
    assert shares.used(Owner("fixed", "0")) == (0.0, 0.0)
