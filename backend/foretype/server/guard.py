"""Who may speak to the server: an exact list of hosts, of origins, a token in constant time.

On every route and on loopback too, because any web page can reach 127.0.0.1: the origin tells pages from the
extension, the host tells a page whose name was rebound to 127.0.0.1. A check that finds nothing to check
fails.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

EXTENSION_ID = "ijfnigekiijgjonokmjdlocconcionjf"
"""Foretype's extension in Chromium: it follows from the public key in the extension's manifest."""

_FIREFOX_EXTENSION = re.compile(
    r"moz-extension://[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII
)
"""Firefox gives an extension another origin in every profile, so any is let through to the token, which
decides.
"""

HTTP_PORT = 80
HTTPS_PORT = 443
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


class Verdict(StrEnum):
    """What the guard found; its value is the sentence that the client is told."""

    WELCOME = ""
    NO_HOST = "Forbidden: the request needs exactly one Host header."
    OTHER_HOST = (
        "Forbidden: this server does not answer to that Host. Add it to FORETYPE_ALLOWED_HOSTS if it should."
    )
    OTHER_ORIGIN = (
        "Forbidden: pages from that Origin may not use this server. "
        "Add it to FORETYPE_ALLOWED_ORIGINS if it may."
    )


@dataclass(frozen=True, slots=True)
class Guard:
    """`hosts` are values of the Host header, `own` the origins of the server's own pages, `others` those let
    in beside.
    """

    hosts: frozenset[str]
    own: frozenset[str]
    others: frozenset[str]

    @classmethod
    def of(
        cls,
        host: str,
        port: int,
        hosts: Iterable[str] = (),
        origins: Iterable[str] = (),
        *,
        tls: bool = False,
    ) -> Guard:
        """The lists for a server that listens on `host` and `port`, with what was configured beside them.

        `tls`: the server itself speaks TLS, so none of its own pages comes over HTTP. Without it a configured
        host may be that of a proxy which does.
        """
        usual = HTTPS_PORT if tls else HTTP_PORT
        names = [*LOOPBACK_NAMES]
        if host not in WILDCARDS:
            names.append(f"[{host}]" if ":" in host else host)
        bound = {value for name in names for value in _with_port(name.lower(), port, usual)}
        configured = {
            value for name in hosts for value in (name.lower(), *_with_port(name.lower(), port, usual))
        }
        over_http = set() if tls else bound | configured
        over_https = bound | configured if tls else configured
        own = {f"http://{value}" for value in over_http} | {f"https://{value}" for value in over_https}
        others = {f"chrome-extension://{EXTENSION_ID}", *(origin.lower().rstrip("/") for origin in origins)}
        return cls(frozenset(bound | configured), frozenset(own), frozenset(others))

    def check(self, hosts: Sequence[str], origins: Sequence[str]) -> Verdict:
        """Judge a request by all its Host and all its Origin headers.

        No Origin at all is a client that is no browser.
        """
        if len(hosts) != 1:
            return Verdict.NO_HOST
        if not hosts[0].isascii() or hosts[0].lower() not in self.hosts:
            return Verdict.OTHER_HOST
        if not origins:
            return Verdict.WELCOME
        if len(origins) == 1 and (origins[0] in self.own or self.is_foreign(origins[0])):
            return Verdict.WELCOME
        return Verdict.OTHER_ORIGIN

    def is_foreign(self, origin: str) -> bool:
        """Whether an origin is let in though it is not the server's own: its answers need CORS headers."""
        return origin in self.others or _FIREFOX_EXTENSION.fullmatch(origin) is not None


WILDCARDS = frozenset({"", "0.0.0.0", "::"})
"""Addresses that mean "every interface": no name to be called by."""


def _with_port(name: str, port: int, usual: int) -> tuple[str, ...]:
    """A name as a Host header gives it: with the port, and without it if it is the scheme's usual one."""
    if re.search(r":\d+$", name):
        return (name,)
    return (f"{name}:{port}", name) if port == usual else (f"{name}:{port}",)


def digest(secret: str) -> str:
    """A token's hash, as it is kept and compared. Any string goes, lone surrogates too."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def same(digests: Iterable[tuple[str, str]], candidate: str) -> str | None:
    """The id beside the digest that equals the candidate's. Every one is compared, so time tells nothing."""
    wanted = digest(candidate)
    found: str | None = None
    for identity, known in digests:
        if hmac.compare_digest(known, wanted):
            found = identity
    return found
