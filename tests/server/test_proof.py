"""The token that is not sent: who proves what to whom, and what another program on the port gets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretype.server.connection import CLOSE_UNAUTHORIZED
from foretype.server.frames import ErrorCode
from foretype.server.guard import digest
from foretype.server.proof import Challenge, Claim, client_proof, key_id
from tests.server import contract
from tests.server.conftest import TOKEN, Client, Running, Start

NONCE = "a-nonce-of-the-client-x"


def claim_at(running: Running, token: str = TOKEN, **changed: str) -> dict[str, Any]:
    address = f"127.0.0.1:{running.server.port}"
    return {"type": "hello", "key": key_id(digest(token)), "nonce": NONCE, "address": address, **changed}


async def challenged(client: Client, hello: dict[str, Any]) -> tuple[Challenge, str]:
    """Send a claim: the server's challenge, and its proof."""
    await client.send(**hello)
    frame = await client.next()
    assert frame["type"] == "challenge"
    return Challenge(Claim(hello["key"], hello["nonce"], hello["address"]), frame["nonce"]), frame["proof"]


async def test_both_sides_prove_that_they_know_the_token_and_none_of_their_frames_holds_it(
    running: Running,
) -> None:
    async with running.socket() as client:
        hello = claim_at(running)
        challenge, proof = await challenged(client, hello)
        assert proof == challenge.proof(digest(TOKEN))
        answer = client_proof(TOKEN, challenge)
        await client.send(type="proof", proof=answer)
        assert (await client.next())["type"] == "welcome"
        said = f"{hello} {proof} {answer}"
        assert TOKEN not in said
        assert digest(TOKEN) not in said
        await client.keystroke(1)
        assert (await client.next())["type"] == "suggestion"


async def test_a_paired_client_proves_its_own_token(running: Running) -> None:
    token = running.server.pairing.redeem(running.server.pairing.new_code(), "browser")
    assert token is not None
    async with running.socket() as client:
        challenge, _ = await challenged(client, claim_at(running, token))
        await client.send(type="proof", proof=client_proof(token, challenge))
        assert (await client.next())["type"] == "welcome"
        running.server.pairing.revoke(running.server.pairing.clients()[0].id)
        await client.keystroke(1)
        assert (await client.next())["code"] == ErrorCode.UNAUTHORIZED


async def test_the_server_draws_another_nonce_for_each_connection(running: Running) -> None:
    nonces = set()
    for _ in range(3):
        async with running.socket() as client:
            challenge, _ = await challenged(client, claim_at(running))
            nonces.add(challenge.nonce)
    assert len(nonces) == 3


async def test_a_proof_that_was_overheard_opens_no_other_connection(running: Running) -> None:
    async with running.socket() as client:
        challenge, _ = await challenged(client, claim_at(running))
        overheard = client_proof(TOKEN, challenge)
    async with running.socket() as client:
        await challenged(client, claim_at(running))
        await client.send(type="proof", proof=overheard)
        assert (await client.next())["code"] == ErrorCode.UNAUTHORIZED
        assert await client.closed() == CLOSE_UNAUTHORIZED


@pytest.mark.parametrize("proof", ["", "x", "not base64!", "AAAA", "=" * 3000, "a" * 4001, None, 7])
async def test_a_wrong_proof_is_unauthorized(running: Running, proof: object) -> None:
    async with running.socket() as client:
        await challenged(client, claim_at(running))
        await client.send(type="proof", proof=proof)
        assert (await client.next())["code"] == ErrorCode.UNAUTHORIZED
        assert await client.closed() == CLOSE_UNAUTHORIZED


async def test_the_hash_that_the_server_stores_is_not_enough_for_a_proof(running: Running) -> None:
    """With a copy of the server's file, a program can make the mask, but it does not know what to mask."""
    async with running.socket() as client:
        challenge, _ = await challenged(client, claim_at(running))
        mask = client_proof("\0" * len(TOKEN), challenge)
        await client.send(type="proof", proof=mask)
        assert (await client.next())["code"] == ErrorCode.UNAUTHORIZED


async def test_a_claim_to_a_token_that_the_server_does_not_know_is_unauthorized(running: Running) -> None:
    async with running.socket() as client:
        await client.send(**claim_at(running, "another token"))
        assert (await client.next())["code"] == ErrorCode.UNAUTHORIZED


async def test_claims_are_guesses_too(running: Running) -> None:
    for number in range(5):
        async with running.socket() as client:
            await client.send(**claim_at(running, f"guess {number}"))
            assert (await client.next())["code"] == ErrorCode.UNAUTHORIZED
    async with running.socket() as client:
        await client.send(**claim_at(running, "one more guess"))
        assert (await client.next())["code"] == ErrorCode.RATE_LIMITED
        challenge, _ = await challenged(client, claim_at(running))
        await client.send(type="proof", proof=client_proof(TOKEN, challenge))
        assert (await client.next())["type"] == "welcome"


@pytest.mark.parametrize("address", ["127.0.0.1:1", "localhost:1", "[::1]:1", "LOCALHOST"])
async def test_a_claim_that_another_program_of_this_machine_passes_on_is_refused(
    running: Running, address: str
) -> None:
    """The client has connected to that program's port, and says so in what it signs."""
    async with running.socket() as client:
        await client.send(**claim_at(running, address=address))
        frame = await client.next()
        assert frame["code"] == ErrorCode.UNAUTHORIZED
        assert "so another program forwards its messages" in frame["message"]


@pytest.mark.parametrize("address", ["foretype.example", "foretype.example:8443", "192.0.2.7:80"])
async def test_a_proxy_may_change_the_host(running: Running, address: str) -> None:
    async with running.socket() as client:
        await challenged(client, claim_at(running, address=address))


async def test_a_client_that_proves_nothing_is_closed_like_one_that_says_nothing(start: Start) -> None:
    async with start(hello_seconds=0.05) as running, running.socket() as client:
        await challenged(client, claim_at(running))
        assert await client.closed() == 4408


async def test_what_comes_between_a_challenge_and_its_proof_is_not_answered(running: Running) -> None:
    async with running.socket() as client:
        challenge, _ = await challenged(client, claim_at(running))
        await client.keystroke(1)
        await client.send(type="hello", token=TOKEN)
        await client.send(type="proof", proof=client_proof(TOKEN, challenge))
        assert (await client.next())["type"] == "welcome"
        assert running.engine.calls == []


def test_the_example_of_the_protocol_is_right() -> None:
    """Other clients check their code against it."""
    examples = {shown.name: shown.payload for shown in contract.examples("hello", "challenge", "proof")}
    token = examples["hello"]["token"]
    hello, challenge, proof = (examples[name] for name in ("helloWithClaim", "challenge", "proof"))
    claim = Claim(hello["key"], hello["nonce"], hello["address"])
    said = Challenge(claim, challenge["nonce"])
    assert claim.key == key_id(digest(token))
    assert challenge["proof"] == said.proof(digest(token))
    assert proof["proof"] == client_proof(token, said)
    assert all(value in contract.PROSE.read_text(encoding="utf-8") for value in (claim.key, *proof.values()))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_a_proof_shows_the_token_that_it_was_made_of(token: str) -> None:
    challenge = Challenge.to(Claim("0" * 32, NONCE, "127.0.0.1:22738"))
    assert challenge.token(digest(token), client_proof(token, challenge)) == token
