"""Wrong tokens are slowed down as wrong codes are, and a right one is let in whatever others try."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from foretype.server.admission import MOST_ADDRESSES, UNAUTHORIZED, Admission, Denied
from foretype.server.credentials import FIXED, Tokens
from foretype.server.frames import ErrorCode
from foretype.server.pairing import Pairing
from foretype.server.reach import Address
from tests.fake_time import FakeClock
from tests.server.conftest import TOKEN, Running

HERE = ipaddress.ip_address("127.0.0.1")
THERE = ipaddress.ip_address("192.0.2.7")


@pytest.fixture
def pairing(tmp_path: Path) -> Pairing:
    return Pairing(tmp_path / "state")


@pytest.fixture
def admission(pairing: Pairing, clock: FakeClock) -> Admission:
    return Admission(Tokens(TOKEN, pairing), clock)


def guess(admission: Admission, first: int, many: int, address: Address | None = THERE) -> list[ErrorCode]:
    """The answers to so many tokens that are all different."""
    answers = [admission.owner(f"guess {number}", address) for number in range(first, first + many)]
    return [answer.refused.code for answer in answers if isinstance(answer, Denied)]


WRONG, WAIT = ErrorCode.UNAUTHORIZED, ErrorCode.RATE_LIMITED


def test_five_wrong_tokens_close_an_address_for_longer_each_time(
    admission: Admission, clock: FakeClock
) -> None:
    assert guess(admission, 0, 8) == [WRONG] * 5 + [WAIT] * 3
    clock.now += 59
    answer = admission.owner("one more", THERE)
    assert isinstance(answer, Denied)
    assert (answer.refused.code, answer.retry_s) == (WAIT, 1)
    assert "try again in 1 s" in answer.refused.message
    clock.now += 1
    assert guess(admission, 10, 2) == [WRONG, WAIT]
    clock.now += 119
    assert guess(admission, 20, 1) == [WAIT]
    clock.now += 1
    assert guess(admission, 30, 1) == [WRONG]


def test_a_right_token_is_let_in_whatever_others_try_at_its_address(
    admission: Admission, pairing: Pairing
) -> None:
    paired = pairing.redeem(pairing.new_code(), "browser")
    guess(admission, 0, 50)
    assert admission.owner(TOKEN, THERE) == FIXED
    assert admission.owner(paired, THERE) == pairing.clients()[0].id
    assert guess(admission, 50, 1) == [WAIT]  # … which opens nothing for the guesser


def test_other_addresses_stay_open_and_an_ipv6_network_is_one(admission: Admission) -> None:
    guess(admission, 0, 6)
    assert guess(admission, 10, 1, HERE) == [WRONG]
    assert guess(admission, 20, 1, None) == [WRONG]
    for number in range(5):
        guess(admission, 30 + number, 1, ipaddress.ip_address(f"2001:db8::{number}"))
    assert guess(admission, 40, 1, ipaddress.ip_address("2001:db8::ffff")) == [WAIT]
    assert guess(admission, 41, 1, ipaddress.ip_address("2001:db8:0:1::1")) == [WRONG]


def test_a_revoked_token_at_a_human_pace_is_always_told_that_it_is_wrong(
    admission: Admission, pairing: Pairing, clock: FakeClock
) -> None:
    token = pairing.redeem(pairing.new_code(), "browser")
    pairing.revoke(pairing.clients()[0].id)
    for _ in range(100):
        assert admission.owner(token, THERE) == Denied(UNAUTHORIZED)
        clock.now += 30


def test_a_revoked_token_is_told_so_at_its_second_try_beside_a_guesser(
    admission: Admission, clock: FakeClock
) -> None:
    guess(admission, 0, 6)
    answer = admission.owner("the revoked one", THERE)
    assert isinstance(answer, Denied)
    assert answer.refused.code is WAIT
    clock.now += 6
    assert guess(admission, 10, 20) == [WAIT] * 20
    assert admission.owner("the revoked one", THERE) == Denied(UNAUTHORIZED)


def test_one_wrong_token_that_a_program_hammers_with_counts_each_time(admission: Admission) -> None:
    answers = [admission.owner("the same", THERE) for _ in range(7)]
    codes = [answer.refused.code for answer in answers if isinstance(answer, Denied)]
    assert codes == [WRONG] * 5 + [WAIT] * 2


@pytest.mark.parametrize("token", [None, ""])
def test_no_token_is_no_guess(admission: Admission, token: str | None) -> None:
    assert [admission.owner(token, THERE) for _ in range(9)] == [Denied(UNAUTHORIZED)] * 9
    assert guess(admission, 0, 1) == [WRONG]


def test_wrong_tokens_are_forgotten_after_an_hour(admission: Admission, clock: FakeClock) -> None:
    guess(admission, 0, 4)
    clock.now += 3601
    assert guess(admission, 10, 5) == [WRONG] * 5


def test_what_is_kept_of_wrong_tokens_is_bounded(admission: Admission, clock: FakeClock) -> None:
    guess(admission, 0, 6)
    for number in range(MOST_ADDRESSES):
        guess(admission, 10, 1, ipaddress.ip_address(0x0A000000 + number))
    assert guess(admission, 20, 1) == [WRONG]  # forgotten for newer ones


async def test_http_says_when_to_come_back_and_lets_the_right_token_in(running: Running) -> None:
    async def complete(token: str) -> tuple[int, str, str | None]:
        async with running.http.post(
            running.url("/v1/complete"), json={"before": "a"}, headers={"Authorization": f"Bearer {token}"}
        ) as response:
            return response.status, (await response.json()).get("code"), response.headers.get("Retry-After")

    answers = [await complete(f"guess-{number}") for number in range(7)]
    assert answers == [(401, "unauthorized", None)] * 5 + [(429, "rate_limited", "60")] * 2
    assert (await complete(TOKEN))[0] == 200


async def test_a_socket_is_told_and_may_say_hello_again(running: Running) -> None:
    for number in range(5):
        async with running.socket() as client:
            await client.send(type="hello", token=f"guess {number}")
            assert (await client.next())["code"] == "unauthorized"
            assert await client.closed() == 4401
    async with running.socket() as client:
        for number in range(2):
            await client.send(type="hello", token=f"another {number}")
            error = await client.next()
            assert (error["type"], error["code"]) == ("error", "rate_limited")
            assert error["message"].startswith("Too many wrong tokens: try again in ")
        await client.send(type="hello", token=TOKEN)
        assert (await client.next())["type"] == "welcome"
        await client.keystroke(1)
        assert (await client.next())["type"] == "suggestion"


async def test_right_tokens_are_welcomed_beside_one_that_guesses(running: Running) -> None:
    async with running.client() as before:
        for number in range(5):
            async with running.socket() as guesser:
                await guesser.send(type="hello", token=f"guess {number}")
                assert await guesser.closed() == 4401
        async with running.socket() as guesser:
            for number in range(200):
                await guesser.send(type="hello", token=f"more {number}")
                assert (await guesser.next())["code"] == "rate_limited"
            async with running.client() as after:
                for client in (before, after):
                    await client.keystroke(1)
                    assert (await client.next())["type"] == "suggestion"
