"""Other machines reach the server only where something encrypts, and then it is said."""

from __future__ import annotations

import re
import socket as sockets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foretype.server.guard import Guard, Verdict
from foretype.server.listen import CannotListenError, OpenToOthersError, bind, bind_other_loopback
from foretype.server.reach import bound_addresses, is_beyond_loopback, who_can_connect
from foretype.server.server import Server
from foretype.support.settings import load
from tests.server.conftest import TOKEN, Start


@pytest.fixture
def opened() -> Iterator[list[sockets.socket]]:
    """Sockets that a test leaves open."""
    left: list[sockets.socket] = []
    yield left
    for one in left:
        one.close()


def own_address() -> str:
    """An address of this machine that is not of loopback. Connecting a datagram socket sends nothing."""
    with sockets.socket(sockets.AF_INET, sockets.SOCK_DGRAM) as one:
        try:
            one.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has loopback only")
        address: str = one.getsockname()[0]
        return address


@pytest.mark.parametrize("host", ["0.0.0.0", "0", "0x0", "000.0.0.0"])
def test_every_address_is_refused_without_tls_however_it_is_written(host: str) -> None:
    with pytest.raises(OpenToOthersError) as refused:
        bind(host, 0)
    assert refused.value.address == "0.0.0.0"
    for part in (host, "FORETYPE_TLS_CERTIFICATE", "FORETYPE_TLS_IN_FRONT=true", "127.0.0.1"):
        assert part in str(refused.value)


@pytest.mark.skipif(not sockets.has_ipv6, reason="there is no IPv6")
@pytest.mark.parametrize("host", ["::", "0:0:0:0:0:0:0:0"])
def test_every_ipv6_address_is_refused_too(host: str) -> None:
    with pytest.raises(OpenToOthersError):
        bind(host, 0)


def test_an_address_in_the_local_network_is_refused(opened: list[sockets.socket]) -> None:
    address = own_address()
    with pytest.raises(OpenToOthersError):
        bind(address, 0)
    opened += bind(address, 0, is_encrypted=True)
    assert bound_addresses(opened) == [address]


def test_a_name_is_refused_for_the_addresses_that_it_stands_for(
    monkeypatch: pytest.MonkeyPatch, opened: list[sockets.socket]
) -> None:
    real, address = sockets.getaddrinfo, own_address()

    def resolved(host: str, *rest: Any, **more: Any) -> Any:
        found = ["127.0.0.1", address] if host == "this.example" else [host]
        return [entry for one in found for entry in real(one, *rest, **more)]

    monkeypatch.setattr("foretype.server.server.sockets.getaddrinfo", resolved)
    with sockets.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(OpenToOthersError, match=rf"this\.example \({re.escape(address)}\)"):
        bind("this.example", port)
    opened += bind("127.0.0.1", port)  # nothing is left open


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost"])
def test_loopback_needs_no_tls_and_nothing_is_said(host: str, opened: list[sockets.socket]) -> None:
    opened += bind(host, 0)
    assert who_can_connect(bound_addresses(opened), speaks_tls=False) is None


def test_an_empty_host_is_not_every_address() -> None:
    with pytest.raises(CannotListenError):
        bind("", 0)


@pytest.mark.parametrize(
    ("address", "beyond"),
    [
        ("127.0.0.1", False),
        ("127.1.2.3", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("0.0.0.0", True),
        ("::", True),
        ("192.168.1.5", True),
        ("169.254.1.1", True),
        ("fe80::1%eth0", True),
        ("::ffff:192.168.1.5", True),
        ("2001:db8::1", True),
    ],
)
def test_which_addresses_other_machines_reach(address: str, beyond: bool) -> None:
    assert is_beyond_loopback(address) is beyond


def test_one_line_says_who_can_connect() -> None:
    said = who_can_connect(["127.0.0.1", "192.168.1.5"], speaks_tls=True)
    assert said == (
        "Other machines that can reach 192.168.1.5 can connect to this server. Clients need a token."
    )
    said = who_can_connect(["0.0.0.0"], speaks_tls=False)
    assert said is not None
    assert "any address of this machine" in said
    assert "FORETYPE_TLS_IN_FRONT" in said
    assert "\n" not in said


@pytest.mark.parametrize("host", ["0.0.0.0", "0"])
def test_every_address_is_printed_as_one_that_a_browser_here_can_open(
    host: str, tmp_path: Path, opened: list[sockets.socket]
) -> None:
    opened += bind(host, 0, is_encrypted=True)
    server = Server(load({"host": host, "port": 0, "state_dir": tmp_path}), opened, files={})
    assert server.address == f"http://127.0.0.1:{server.port}"
    assert f"{host}:{server.port}" not in server.service.guard.hosts


@pytest.mark.skipif(not sockets.has_ipv6, reason="there is no IPv6")
def test_a_server_on_ipv6_alone_is_not_printed_as_ipv4(tmp_path: Path, opened: list[sockets.socket]) -> None:
    opened += bind("::", 0, is_encrypted=True)
    server = Server(load({"host": "::", "port": 0, "state_dir": tmp_path}), opened, files={})
    assert server.address == f"http://[::1]:{server.port}"


def test_with_tls_the_servers_own_pages_come_over_https_only() -> None:
    guard = Guard.of("192.0.2.7", 443, ["complete.example.org"], tls=True)
    for origin in ["https://192.0.2.7", "https://localhost:443", "https://complete.example.org"]:
        assert guard.check(["192.0.2.7"], [origin]) is Verdict.WELCOME, origin
    for origin in ["http://192.0.2.7", "http://192.0.2.7:443", "http://complete.example.org"]:
        assert guard.check(["192.0.2.7"], [origin]) is Verdict.OTHER_ORIGIN, origin
    assert Guard.of("192.0.2.7", 80, tls=True).check(["192.0.2.7"], []) is Verdict.OTHER_HOST


async def test_behind_a_proxy_nobody_counts_as_one_of_this_machine(start: Start) -> None:
    """A proxy on this machine connects from loopback, and not every one says for whom."""
    async with start(tls_in_front=True) as running:
        for headers, status in (({}, 401), ({"Authorization": f"Bearer {TOKEN}"}, 200)):
            async with running.http.get(running.url("/metrics"), headers=headers) as response:
                assert response.status == status


def has_ipv6_loopback() -> bool:
    with sockets.socket(sockets.AF_INET6) as one:
        try:
            one.bind(("::1", 0))
        except OSError:
            return False
    return True


both_loopbacks = pytest.mark.skipif(not has_ipv6_loopback(), reason="this machine has no ::1")


@both_loopbacks
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_the_server_listens_on_both_addresses_that_localhost_may_mean(
    opened: list[sockets.socket], host: str
) -> None:
    opened += bind(host, 0)
    assert bind_other_loopback(opened) is None
    assert set(bound_addresses(opened)) == {"127.0.0.1", "::1"}
    assert len({one.getsockname()[1] for one in opened}) == 1


@both_loopbacks
def test_the_server_says_if_another_program_has_the_other_loopback_address(
    opened: list[sockets.socket],
) -> None:
    others = bind("::1", 0)
    opened += others
    bound = bind("127.0.0.1", others[0].getsockname()[1])
    opened += bound
    told = bind_other_loopback(bound)
    assert told is not None
    for part in ("[::1]", "http://localhost:", "FORETYPE_PORT"):
        assert part in told
    assert bound_addresses(bound) == ["127.0.0.1"]


def test_an_address_beyond_loopback_gets_no_loopback_beside_it(opened: list[sockets.socket]) -> None:
    opened += bind("0.0.0.0", 0, is_encrypted=True)
    assert bind_other_loopback(opened) is None
    assert len(opened) == 1


def test_a_machine_without_the_other_loopback_address_is_no_trouble(
    opened: list[sockets.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened += bind("127.0.0.1", 0)

    def no_family(*_: object, **__: object) -> list[sockets.socket]:
        raise CannotListenError("no ::1")

    monkeypatch.setattr("foretype.server.listen.bind", no_family)
    assert bind_other_loopback(opened) is None
    assert bound_addresses(opened) == ["127.0.0.1"]
