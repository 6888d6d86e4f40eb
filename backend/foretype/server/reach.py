"""Who can connect: told from the addresses that are really bound, whatever name or number stood for them."""

from __future__ import annotations

import ipaddress
import socket as sockets
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parsed(address: str) -> Address:
    """An address as a socket gives it: without the interface, and as IPv4 if it is one in IPv6's clothes."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def bound_addresses(bound: Iterable[sockets.socket]) -> list[str]:
    return [one.getsockname()[0] for one in bound]


def is_beyond_loopback(address: str) -> bool:
    """Whether other machines may reach what listens on this address."""
    return not parsed(address).is_loopback


def is_every_address(address: str) -> bool:
    """Whether it stands for every address of this machine, as 0.0.0.0 does."""
    return parsed(address).is_unspecified


def who_can_connect(addresses: Iterable[str], *, speaks_tls: bool) -> str | None:
    """One line for the user who starts the server. None if only this machine reaches it."""
    beyond = [address for address in addresses if is_beyond_loopback(address)]
    if not beyond:
        return None
    every = any(is_every_address(address) for address in beyond)
    reached = "any address of this one" if every else " or ".join(beyond)
    secured = (
        ""
        if speaks_tls
        else " The server itself has no TLS: FORETYPE_TLS_IN_FRONT says that a proxy in front of it does."
    )
    return (
        f"Every machine that reaches {reached} can connect to this server; to be answered it needs a token."
        f"{secured}"
    )
