"""Codes become tokens, once; nothing but hashes is kept."""

from __future__ import annotations

import json
import stat
import threading
from pathlib import Path

import pytest

from foretype.server.credentials import FIXED, Tokens
from foretype.server.pairing import ALPHABET, Lockout, Pairing, read_code
from foretype.server.state_file import BadStateError
from tests.fake_time import FakeClock


@pytest.fixture
def pairing(tmp_path: Path, clock: FakeClock) -> Pairing:
    return Pairing(tmp_path / "state", clock)


def test_a_code_made_elsewhere_works_once(tmp_path: Path, pairing: Pairing, clock: FakeClock) -> None:
    code = Pairing(tmp_path / "state", clock).new_code()
    token = pairing.redeem(code, "browser")
    assert token is not None
    assert pairing.redeem(code, "browser") is None
    assert [client.client for client in pairing.clients()] == ["browser"]


def test_a_code_dies_after_ten_minutes(pairing: Pairing, clock: FakeClock) -> None:
    code = pairing.new_code()
    clock.now += 600
    assert pairing.redeem(code, "") is None


def test_the_servers_own_code_works_once_within_ten_minutes_and_is_not_written(
    tmp_path: Path, pairing: Pairing, clock: FakeClock
) -> None:
    code = pairing.own_code()
    clock.now += 599
    assert Pairing(tmp_path / "state", clock).redeem(code, "") is None
    assert pairing.redeem(code, "") is not None
    assert pairing.redeem(code, "") is None
    late = pairing.own_code()
    clock.now += 600
    assert pairing.redeem(late, "") is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ABCD-1234", "ABCD1234"),
        ("abcd1234", "ABCD1234"),
        (" ab cd-12 34\n", "ABCD1234"),
        ("oOiI-lLzz", "001111ZZ"),
        ("ABCD-123", None),
        ("ABCD-12345", None),
        ("UUUU-UUUU", None),
        ("", None),
        ("\ud83d" * 8, None),
        ("ßßßß", None),
    ],
)
def test_what_a_person_types_is_read_kindly(typed: str, meant: str | None) -> None:
    assert read_code(typed) == meant


def test_codes_are_of_letters_that_cannot_be_mistaken(pairing: Pairing) -> None:
    code = pairing.new_code()
    assert len(code) == 9
    assert code[4] == "-"
    assert set(code) <= {*ALPHABET, "-"}


def test_the_file_is_the_persons_own_and_holds_only_hashes(tmp_path: Path, pairing: Pairing) -> None:
    waiting = pairing.new_code()
    token = pairing.redeem(pairing.new_code(), "browser")
    file = tmp_path / "state" / "clients.json"
    content = file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert token is not None
    assert token not in content
    assert waiting not in content
    assert waiting.replace("-", "") not in content
    assert [name.name for name in file.parent.iterdir() if name.suffix not in (".json", ".lock")] == []


def test_a_revoked_token_opens_nothing(tmp_path: Path, pairing: Pairing) -> None:
    tokens = Tokens(None, pairing)
    token = pairing.redeem(pairing.new_code(), "browser")
    owner = tokens.owner(token)
    assert owner is not None
    assert tokens.still_good(owner)
    assert Pairing(tmp_path / "state").revoke(owner)
    assert tokens.owner(token) is None
    assert not tokens.still_good(owner)
    assert not pairing.revoke(owner)


def test_the_fixed_token_works_and_an_empty_one_never(pairing: Pairing) -> None:
    tokens = Tokens("fixed-one", pairing)
    assert tokens.owner("fixed-one") == FIXED
    for wrong in [None, "", "fixed-on", "fixed-one ", "\ud83d"]:
        assert tokens.owner(wrong) is None
    assert Tokens("", pairing).owner("") is None
    assert Tokens(None, pairing).owner("") is None


def test_two_who_use_one_code_at_once_get_one_token(pairing: Pairing) -> None:
    code = pairing.new_code()
    tokens: list[str | None] = []
    threads = [threading.Thread(target=lambda: tokens.append(pairing.redeem(code, ""))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(token is not None for token in tokens) == 1


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, pairing: Pairing, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairing.new_code()
    file = tmp_path / "state" / "clients.json"
    before = json.loads(file.read_text())

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("foretype.server.state_file.os.fsync", full)
    with pytest.raises(BadStateError, match="No space"):
        pairing.new_code()
    assert json.loads(file.read_text()) == before
    assert len(list(file.parent.iterdir())) == 2  # the file and its lock


def test_guessing_is_slowed_down_more_and_more(clock: FakeClock) -> None:
    lockout = Lockout(clock)
    for _ in range(4):
        lockout.wrong()
    assert lockout.remaining() == 0
    lockout.wrong()
    assert lockout.remaining() == 60
    clock.now += 60
    lockout.wrong()
    assert lockout.remaining() == 120
    clock.now += 120
    lockout.right()
    lockout.wrong()
    assert lockout.remaining() == 0
