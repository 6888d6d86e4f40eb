"""The machines that can connect, decided by the addresses that the sockets are bound to, not by the name or
number in the settings.
"""

from __future__ import annotations

import ipaddress
import socket as sockets
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parsed(address: str) -> Address:
    """The address that a socket reports, without its interface. An IPv4-mapped IPv6 address becomes IPv4."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


NETWORK_BITS = 64  # of an IPv6 address: a client that has one address has all addresses of its network


def network_of(address: Address | None) -> str:
    """The key for the limits of one client: its IPv4 address, or the network of its IPv6 address."""
    if isinstance(address, ipaddress.IPv6Address) and not address.is_loopback:
        return str(ipaddress.IPv6Network((address, NETWORK_BITS), strict=False))
    return str(address)


def bound_addresses(bound: Iterable[sockets.socket]) -> list[str]:
    return [one.getsockname()[0] for one in bound]


def is_beyond_loopback(address: str) -> bool:
    """Whether other machines may reach a server that listens on this address."""
    return not parsed(address).is_loopback


def is_every_address(address: str) -> bool:
    """Whether this address stands for every address of this machine, as 0.0.0.0 does."""
    return parsed(address).is_unspecified


def who_can_connect(addresses: Iterable[str], *, speaks_tls: bool) -> str | None:
    """One line for the user who starts the server. None if only this machine can connect."""
    beyond = [address for address in addresses if is_beyond_loopback(address)]
    if not beyond:
        return None
    every = any(is_every_address(address) for address in beyond)
    reached = "any address of this machine" if every else " or ".join(beyond)
    secured = (
        ""
        if speaks_tls
        else " The server itself has no TLS. FORETYPE_TLS_IN_FRONT says that a proxy provides it."
    )
    return (
        f"Other machines that can reach {reached} can connect to this server. Clients need a token.{secured}"
    )
