"""The file of paired clients when it cannot be read, is damaged, or cannot be written."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foretype.server import state_file, whole_file
from foretype.server.credentials import FIXED, Tokens
from foretype.server.pairing import Pairing
from foretype.server.state_file import BadStateError, UnreadableStateError, UnwritableStateError
from tests.server.conftest import TOKEN, Client, Running

HASH = "0" * 64
CODE = {"salt": "0" * 32, "key": "0" * 128, "expires_at": 1.0}
CLIENT = {"id": "0" * 8, "digest": HASH, "client": "browser", "paired_at": 1.0}


def content(codes: object = (), clients: object = (), version: object = 1) -> str:
    return json.dumps({"version": version, "codes": codes, "clients": clients})


ODD = {
    "empty": "",
    "cut off": content(clients=[CLIENT])[:-9],
    "not JSON": "codes = []",
    "not UTF-8": "\udcff",
    "deep": "[" * 200_000,
    "deep inside": content().replace("[]", "[" * 100_000 + "]" * 100_000, 1),
    "a list": "[]",
    "of no version": "{}",
    "of another version": content(version=2),
    "a long number": content(clients=[CLIENT]).replace("1.0", "1" * 5000),
    "codes of another type": content(codes=7),
    "a code of another type": content(codes=[None]),
    "a code without members": content(codes=[{}]),
    "an unknown member": content(clients=[{**CLIENT, "admin": True}]),
    "an id that is a number": content(clients=[{**CLIENT, "id": 7}]),
    "an id for a terminal": content(clients=[{**CLIENT, "id": "\x1b[2J0000"}]),
    "a hash that is not ASCII": content(clients=[{**CLIENT, "digest": "é" * 64}]),
    "a name that is a list": content(clients=[{**CLIENT, "client": []}]),
    "a long name": content(clients=[{**CLIENT, "client": "x" * 65}]),
    "a time that is text": content(clients=[{**CLIENT, "paired_at": "now"}]),
    "a time that is true": content(clients=[{**CLIENT, "paired_at": True}]),
    "a time after all calendars": content(clients=[{**CLIENT, "paired_at": 1e300}]),
    "an endless time": content(codes=[CODE]).replace("1.0", "Infinity"),
    "no time": content(codes=[CODE]).replace("1.0", "NaN"),
    "a time that is null": content(codes=[{**CODE, "expires_at": None}]),
    "huge": content() + " " * state_file.MOST_BYTES,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def file(folder: Path) -> Path:
    folder.mkdir()
    return folder / "clients.json"


def write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", errors="surrogateescape")


def unreadable(monkeypatch: pytest.MonkeyPatch, number: int = errno.EACCES) -> None:
    """From now on, no file can be read."""

    def refuse(path: Path) -> Any:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(state_file, "_read", refuse)


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_odd_content_is_said_kept_and_never_overwritten(file: Path, odd: str) -> None:
    write(file, odd)
    before = file.read_bytes()
    for attempt in (
        lambda: Pairing(file.parent).clients(),
        lambda: Pairing(file.parent).new_code(),
        lambda: Pairing(file.parent).redeem("0000-0000", ""),
        lambda: Pairing(file.parent).revoke("00000000"),
        lambda: Pairing(file.parent).check(),
    ):
        with pytest.raises(UnreadableStateError, match=r"is damaged \(.*\): move it to another place"):
            attempt()
    assert file.read_bytes() == before


@pytest.mark.parametrize("name", ["browser", "", "\ud83d", "\x1b[2J", "名前"])
def test_every_name_that_a_client_may_have_can_be_read_again(folder: Path, name: str) -> None:
    pairing = Pairing(folder)
    assert pairing.redeem(pairing.new_code(), name) is not None
    assert [client.client for client in Pairing(folder).clients()] == [name]


def directory(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def loop(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize("make", [directory, pipe, loop])
def test_what_is_not_a_file_is_said_and_nothing_waits_for_it(
    file: Path, make: Callable[[Path], None]
) -> None:
    make(file)
    with pytest.raises(UnreadableStateError, match="cannot be read"):
        Pairing(file.parent).clients()


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO])
def test_if_the_file_cannot_be_read_known_clients_stay_and_others_are_told_apart_from_wrong_ones(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    pairing = Pairing(folder)
    tokens = Tokens("the-fixed-token", pairing)
    token = pairing.redeem(pairing.new_code(), "browser")
    owner = tokens.owner(token)
    assert owner is not None
    with monkeypatch.context() as broken:
        unreadable(broken, number)
        other = Pairing(folder)  # another process: this one cannot read it at all
        with pytest.raises(UnreadableStateError, match=os.strerror(number)):
            Tokens(None, other).owner(token)
        assert tokens.owner(token) == owner  # the file has not changed: it is not read
        (folder / "clients.json").touch()
        assert tokens.owner(token) == owner
        assert tokens.still_good(owner)
        assert tokens.owner("the-fixed-token") == FIXED
        with pytest.raises(UnreadableStateError):
            tokens.owner("another-token")
        with pytest.raises(UnreadableStateError):
            tokens.still_good("another")
    assert tokens.owner("another-token") is None
    assert pairing.revoke(owner)
    assert not tokens.still_good(owner)


@pytest.mark.parametrize("odd", ["", "{"])
def test_if_the_file_is_damaged_known_clients_stay_until_it_can_be_read_again(folder: Path, odd: str) -> None:
    pairing = Pairing(folder)
    tokens = Tokens(None, pairing)
    owner = tokens.owner(pairing.redeem(pairing.new_code(), "browser"))
    assert owner is not None
    (folder / "clients.json").write_text(odd)
    assert tokens.still_good(owner)
    (folder / "clients.json").write_text(content())
    assert not tokens.still_good(owner)


def test_a_damaged_file_is_read_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(file, "{")
    pairing = Pairing(file.parent)
    reads = 0
    real = state_file._read

    def counted(path: Path) -> Any:
        nonlocal reads
        reads += 1
        return real(path)

    monkeypatch.setattr(state_file, "_read", counted)
    for _ in range(3):
        with pytest.raises(UnreadableStateError):
            pairing.clients()
    assert reads == 1


def test_a_folder_that_is_gone_unpairs_nobody_and_lets_nobody_in(folder: Path) -> None:
    pairing = Pairing(folder)
    tokens = Tokens(None, pairing)
    token = pairing.redeem(pairing.new_code(), "browser")
    owner = tokens.owner(token)
    assert owner is not None
    elsewhere = folder.rename(folder.with_name("unmounted"))
    with pytest.raises(UnreadableStateError, match="is gone"):
        tokens.owner(token)
    with pytest.raises(UnreadableStateError, match="is gone"):
        tokens.still_good(owner)
    elsewhere.rename(folder)
    assert tokens.owner(token) == owner
    (folder / "clients.json").unlink()  # a user who deletes the file unpairs all clients
    assert tokens.owner(token) is None


def test_a_folder_that_cannot_be_made_or_written_is_found_by_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnwritableStateError, match=r"cannot be written: Not a directory\. .*FORETYPE_STATE"):
        Pairing(tmp_path / "file" / "state").check()

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    pairing = Pairing(tmp_path / "state")
    code = pairing.new_code()
    before = sorted(path.name for path in (tmp_path / "state").iterdir())
    with monkeypatch.context() as disk:
        disk.setattr(state_file.os, "fsync", full)
        for attempt in (pairing.check, lambda: pairing.redeem(code, "")):
            with pytest.raises(UnwritableStateError, match="No space left"):
                attempt()
    assert sorted(path.name for path in (tmp_path / "state").iterdir()) == before
    assert pairing.redeem(code, "") is not None  # the code was not used up


def test_the_check_changes_nothing(folder: Path) -> None:
    pairing = Pairing(folder)
    pairing.check()
    assert [path.name for path in folder.iterdir()] == ["clients.lock"]
    pairing.new_code()
    before = (folder / "clients.json").read_bytes()
    pairing.check()
    assert (folder / "clients.json").read_bytes() == before


@pytest.mark.skipif(state_file.fcntl is None, reason="no locks on Windows")
def test_a_lock_that_is_never_released_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_file, "LOCK_SECONDS", 0.0)
    pairing = Pairing(folder)
    held = state_file.StateFile(folder / "clients.json").change()
    with held, pytest.raises(UnwritableStateError, match="Another process holds the lock"):
        pairing.new_code()
    assert pairing.new_code()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root changes owners")
def test_what_root_changes_stays_the_users(folder: Path) -> None:
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    Pairing(folder).new_code()
    assert (folder / "clients.json").stat().st_uid == 12345


def damage(running: Running) -> None:
    write(running.server.pairing._file.path, "{")


async def paired(running: Running) -> str:
    code = running.server.pairing.own_code()
    async with running.http.post(running.url("/v1/pair"), json={"code": code}) as response:
        token: str = (await response.json())["token"]
        return token


async def hello(client: Client, token: str) -> str:
    await client.send(type="hello", token=token)
    frame = await client.next()
    return str(frame.get("code", frame["type"]))


async def test_a_connected_client_stays_and_may_come_back_while_the_file_cannot_be_read(
    running: Running,
) -> None:
    token = await paired(running)
    async with running.socket() as client:
        assert await hello(client, token) == "welcome"
        damage(running)
        await client.keystroke(1)
        assert (await client.next())["type"] == "suggestion"
        async with running.socket() as again:
            assert await hello(again, token) == "welcome"


async def test_a_client_that_nobody_can_judge_now_gets_internal_and_never_unauthorized(
    running: Running,
) -> None:
    token = await paired(running)
    good = running.server.pairing._file.path.read_text()
    damage(running)
    async with running.socket() as client:
        assert await hello(client, "a-token-of-nobody") == "internal"
        write(running.server.pairing._file.path, good)
        assert await hello(client, token) == "welcome"  # the connection stayed open
    damage(running)
    headers = {"Authorization": "Bearer a-token-of-nobody"}
    async with running.http.post(running.url("/v1/complete"), data=b"{}", headers=headers) as response:
        answer = await response.json()
        assert (response.status, answer["code"]) == (500, "internal")
        assert str(running.server.pairing._file.path.parent) not in answer["message"]
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with running.http.post(
        running.url("/v1/complete"), data=b'{"before":"a"}', headers=headers
    ) as response:
        assert response.status == 200  # the fixed token needs no file


async def test_a_pairing_that_cannot_be_stored_is_internal_and_the_code_still_works(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object, **__: object) -> Any:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    code = running.server.pairing.own_code()
    with monkeypatch.context() as disk:
        disk.setattr(whole_file.tempfile, "mkstemp", read_only)
        async with running.http.post(running.url("/v1/pair"), json={"code": code}) as response:
            answer = await response.json()
            assert (response.status, answer["code"]) == (500, "internal")
            assert "could not store the pairing" in answer["message"]
    async with running.http.post(running.url("/v1/pair"), json={"code": code}) as response:
        assert response.status == 200


def test_sentences_for_clients_name_no_path() -> None:
    for kind in (BadStateError, UnreadableStateError, UnwritableStateError):
        assert "/" not in kind.for_clients.replace("`foretype pair --list`", "")
