"""Listening sockets, and the reasons why an address cannot be listened on. Imports nothing of HTTP, so that
the server takes its port before it imports slow modules.
"""

from __future__ import annotations

import errno
import socket as sockets

from foretype.server.reach import bound_addresses, is_beyond_loopback

BACKLOG = 128


class CannotListenError(Exception):
    """The server cannot listen on the address. The message says which setting to change.

    is_taken: another program listens there.
    """

    def __init__(self, message: str, *, is_taken: bool = False) -> None:
        super().__init__(message)
        self.is_taken = is_taken


class OpenToOthersError(CannotListenError):
    """Other machines could reach the address, and typed text would be sent unencrypted."""

    def __init__(self, host: str, address: str) -> None:
        which = host if host == address else f"{host} ({address})"
        super().__init__(
            f"Other machines can reach {which}, and without TLS anybody on the network can read typed text: "
            "set FORETYPE_TLS_CERTIFICATE and FORETYPE_TLS_KEY to PEM files, or FORETYPE_TLS_IN_FRONT=true "
            "if a proxy in front of the server has TLS, or FORETYPE_HOST to 127.0.0.1."
        )
        self.address = address


def bind(host: str, port: int, *, is_encrypted: bool = False) -> list[sockets.socket]:
    """Listening sockets for every address that `host` resolves to, all on one port.

    `is_encrypted`: the server, or a proxy in front of it, speaks TLS. If not, all addresses must be loopback
    addresses. Raises `CannotListenError`.
    """
    try:
        found = sockets.getaddrinfo(host, port, type=sockets.SOCK_STREAM, flags=sockets.AI_PASSIVE)
    except (sockets.gaierror, UnicodeError):
        raise CannotListenError(
            f"'{host}' has no address: set FORETYPE_HOST or --host to a name or address of this machine."
        ) from None
    bound: list[sockets.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            chosen = bound[0].getsockname()[1] if bound else port
            one = sockets.socket(family, kind, protocol)
            bound.append(one)
            if family == sockets.AF_INET6:
                one.setsockopt(sockets.IPPROTO_IPV6, sockets.IPV6_V6ONLY, 1)
            one.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
            one.bind((address[0], chosen, *address[2:]))
            for at in bound_addresses([one]):
                if is_beyond_loopback(at) and not is_encrypted:
                    raise OpenToOthersError(host, at)
            one.listen(BACKLOG)  # now, so that a second server fails here and not after loading its model
            one.setblocking(False)
    except (OSError, OpenToOthersError) as error:
        for one in bound:
            one.close()
        if isinstance(error, OpenToOthersError):
            raise
        taken = error.errno == errno.EADDRINUSE
        raise CannotListenError(_why(error, host, port), is_taken=taken) from None
    return bound


def bind_other_loopback(bound: list[sockets.socket]) -> str | None:
    """If the server listens on only one of 127.0.0.1 and ::1, listen on the other one, too, and append its
    socket: "localhost" may mean either.

    Returns a sentence if another program uses the port there, otherwise None. Also None if this machine does
    not have the other address.
    """
    addresses = set(bound_addresses(bound))
    other = {"127.0.0.1": "::1", "::1": "127.0.0.1"}.get(addresses.pop()) if len(addresses) == 1 else None
    if other is None:
        return None
    port = bound[0].getsockname()[1]
    try:
        bound.extend(bind(other, port))
    except CannotListenError as error:
        if not error.is_taken:
            return None
        host = f"[{other}]" if ":" in other else other
        return (
            f"Another program listens on {host}:{port}, and may answer at http://localhost:{port}. Use the "
            "address that the server prints, or set FORETYPE_PORT or --port to another port."
        )
    return None


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is in use, perhaps by another Foretype: stop the other program, "
            "or set FORETYPE_PORT or --port to another port."
        )
    if error.errno == errno.EACCES:
        return f"This user may not listen on port {port}: set FORETYPE_PORT or --port to 1024 or more."
    return (
        f"The server cannot listen on {host} port {port} ({error.strerror}): set FORETYPE_HOST or --host to "
        "another address."
    )
