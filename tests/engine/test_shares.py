"""Whose turn it is, by the model time that each owner has used."""

from __future__ import annotations

import pytest

from foretype.engine.contract import Owner
from foretype.engine.shares import CREDIT_S, MOST_PARTIES, STEP_S, Shares

RUN_S = STEP_S  # a whole step, so that owners take turns


def turns(shares: Shares, owners: list[Owner], count: int) -> list[str]:
    """Whose turns the next runs are, if all `owners` wait all the time: the names of the people."""
    people = []
    for _ in range(count):
        for owner in owners:
            shares.asks(owner)
        first = min(owners, key=shares.steps)
        shares.chosen(first)
        shares.charge(first, RUN_S)
        people.append(first.person)
    return people


def of(person: str, token: str | None = None) -> Owner:
    return Owner(token or person, person)


def test_owners_take_turns() -> None:
    owners = [of(name) for name in "abc"]
    assert turns(Shares(), owners, 6) == ["a", "b", "c", "a", "b", "c"]


def test_an_owner_whose_runs_are_longer_gets_fewer_of_them() -> None:
    shares, long, short = Shares(), of("long"), of("short")
    for owner in (long, short):
        shares.asks(owner)
    shares.chosen(long)
    shares.charge(long, 3 * RUN_S)
    assert turns(shares, [long, short], 4) == ["short", "short", "short", "long"]


def test_the_people_of_one_token_share_what_another_token_has_alone() -> None:
    people = [of(name, "fixed") for name in "abc"]
    owners = [*people, of("paired")]
    assert turns(Shares(), owners, 8) == ["a", "paired", "b", "paired", "c", "paired", "a", "paired"]


def test_owners_that_have_used_nearly_the_same_are_equal_so_that_deadlines_decide() -> None:
    shares, one, other = Shares(), of("one"), of("other")
    for owner in (one, other):
        shares.asks(owner)
    shares.charge(one, STEP_S * 0.9)
    assert shares.steps(one) == shares.steps(other)
    shares.charge(one, STEP_S * 0.2)
    assert shares.steps(one) > shares.steps(other)


def test_an_owner_that_was_idle_keeps_some_time_that_it_did_not_use_and_no_more() -> None:
    shares, busy, idle = Shares(), of("busy"), of("idle")
    shares.asks(idle)
    turns(shares, [busy], 1000)
    sums = shares._tokens
    shares.asks(idle)
    assert sums["idle"] == pytest.approx(sums["busy"] - RUN_S - CREDIT_S)
    later = turns(shares, [busy, idle], 100)
    assert 50 < later.count("idle") <= 53  # the credit is less than two runs


def test_an_owner_that_worked_alone_is_not_behind_one_that_comes_later() -> None:
    shares, first, later = Shares(), of("first"), of("later")
    turns(shares, [first], 1000)
    assert turns(shares, [first, later], 5).count("first") == 2


def test_a_new_name_brings_no_credit() -> None:
    shares, busy = Shares(), of("busy", "fixed")
    turns(shares, [busy], 1000)
    new = [of(str(number), "fixed") for number in range(3)]
    assert turns(shares, [busy, *new], 5) == ["0", "1", "2", "busy", "0"]


def test_sums_of_owners_that_have_not_asked_for_long_are_forgotten() -> None:
    shares = Shares()
    for number in range(2 * MOST_PARTIES):
        shares.asks(of(str(number), "fixed"))
    assert len(shares._people["fixed"]) == MOST_PARTIES
    assert shares.steps(of("0", "fixed")) == (0.0, 0.0)


def test_tokens_that_have_not_asked_for_long_are_forgotten_with_their_people() -> None:
    shares = Shares()
    for number in range(2 * MOST_PARTIES):
        shares.asks(of(str(number)))
    assert len(shares._people) == MOST_PARTIES
    forgotten = of("0")
    shares.charge(forgotten, RUN_S)
    shares.chosen(forgotten)
    assert shares.steps(forgotten) == (0.0, 0.0)
