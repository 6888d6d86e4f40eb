"""What may stand in the lists of hosts and of origins of the settings: exact names, and no wildcard."""

from __future__ import annotations

import re

_HOST = r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*|\[[0-9a-f:.]+\])"
_PORT = r"(?::\d{1,5})?"
HOST = re.compile(_HOST + _PORT, re.ASCII | re.IGNORECASE)
ORIGIN = re.compile(rf"[a-z][a-z0-9+.-]*://{_HOST}{_PORT}/?", re.ASCII | re.IGNORECASE)
EVERY_ADDRESS = re.compile(r"(?:0\.0\.0\.0|\[[0:.]+\])(?::\d+)?", re.ASCII)

# The messages never repeat a value: somebody may have put a token into the wrong setting.
NULL = (
    "'null' is the origin of every local file and every sandboxed frame, so it would let any page in: "
    "name the origins that you trust, as in https://app.example.org"
)
WILDCARD = "'*' would let every page in: name the {things} that you trust one by one, as in {example}"
NO_ORIGIN = (
    "an origin is a scheme, a host and at most a port, as in https://app.example.org; one of these is not"
)
NO_HOST = (
    "a host is a name or an address and at most a port, without https:// and without a path, as in "
    "complete.example.org; one of these is not"
)
NO_NAME = "0.0.0.0 and [::] are no names that a client may call the server by: leave them out"


def check_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    """The same origins. Raises ValueError if one of them is not exactly one origin."""
    for origin in origins:
        if origin.lower() == "null":
            raise ValueError(NULL)
        if "*" in origin:
            raise ValueError(WILDCARD.format(things="origins", example="https://app.example.org"))
        if not ORIGIN.fullmatch(origin):
            raise ValueError(NO_ORIGIN)
    return origins


def check_hosts(hosts: tuple[str, ...]) -> tuple[str, ...]:
    """The same hosts. Raises ValueError if one of them is not exactly one value of the Host header."""
    for host in hosts:
        if "*" in host:
            raise ValueError(WILDCARD.format(things="hosts", example="complete.example.org"))
        if not HOST.fullmatch(host):
            raise ValueError(NO_HOST)
        if EVERY_ADDRESS.fullmatch(host):
            raise ValueError(NO_NAME)
    return hosts
