"""The check of the settings `allowed_hosts` and `allowed_origins`: exact names, no wildcards."""

from __future__ import annotations

import re

_HOST = r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*|\[[0-9a-f:.]+\])"
_PORT = r"(?::\d{1,5})?"
HOST = re.compile(_HOST + _PORT, re.ASCII | re.IGNORECASE)
ORIGIN = re.compile(rf"[a-z][a-z0-9+.-]*://{_HOST}{_PORT}/?", re.ASCII | re.IGNORECASE)
EVERY_ADDRESS = re.compile(r"(?:0\.0\.0\.0|\[[0:.]+\])(?::\d+)?", re.ASCII)

# The messages never contain the value: it may be a token in the wrong setting.
NULL = (
    "'null' is the origin of every local file and every sandboxed frame, so any page could use the server: "
    "name the origins that you trust, for example https://app.example.org"
)
WILDCARD = "'*' would allow every page: name each of the {things} that you trust, for example {example}"
NO_ORIGIN = (
    "an origin is a scheme, a host and optionally a port, for example https://app.example.org; correct the "
    "entry that is different"
)
NO_HOST = (
    "a host is a name or an address and optionally a port, without https:// and without a path, for example "
    "complete.example.org; correct the entry that is different"
)
NO_NAME = "0.0.0.0 and [::] are not names of the server that a client can use: leave them out"


def check_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    """The same origins. Raises ValueError if an entry is not exactly one origin."""
    for origin in origins:
        if origin.lower() == "null":
            raise ValueError(NULL)
        if "*" in origin:
            raise ValueError(WILDCARD.format(things="origins", example="https://app.example.org"))
        if not ORIGIN.fullmatch(origin):
            raise ValueError(NO_ORIGIN)
    return origins


def check_hosts(hosts: tuple[str, ...]) -> tuple[str, ...]:
    """The same hosts. Raises ValueError if an entry is not exactly one value of the Host header."""
    for host in hosts:
        if "*" in host:
            raise ValueError(WILDCARD.format(things="hosts", example="complete.example.org"))
        if not HOST.fullmatch(host):
            raise ValueError(NO_HOST)
        if EVERY_ADDRESS.fullmatch(host):
            raise ValueError(NO_NAME)
    return hosts
