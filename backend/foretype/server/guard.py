"""The check of each request: exact lists of hosts and of origins, and tokens compared in constant
time.

Every route is guarded, on loopback too, because any web page can send requests to 127.0.0.1. The Origin
header distinguishes web pages from the extension. The Host header detects a page whose name was made to
resolve to 127.0.0.1 (DNS rebinding). A request without a Host header is refused.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

EXTENSION_ID = "ijfnigekiijgjonokmjdlocconcionjf"
"""The id of Foretype's extension in Chromium, which results from the public key in the extension's manifest.
"""

_FIREFOX_EXTENSION = re.compile(
    r"moz-extension://[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII
)
"""Firefox gives an extension a different origin in every profile, so the guard accepts the origin of any
extension in Firefox. Then the token decides.
"""

HTTP_PORT = 80
HTTPS_PORT = 443
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


class Verdict(StrEnum):
    """The guard's result. Its value is the sentence that is sent to the client."""

    WELCOME = ""
    NO_HOST = "Forbidden: the request needs exactly one Host header."
    OTHER_HOST = (
        "Forbidden: this server does not accept this Host header. "
        "To accept it, add it to FORETYPE_ALLOWED_HOSTS."
    )
    OTHER_ORIGIN = (
        "Forbidden: this server does not accept requests from this Origin. "
        "To accept it, add it to FORETYPE_ALLOWED_ORIGINS."
    )


@dataclass(frozen=True, slots=True)
class Guard:
    """`hosts`: the accepted values of the Host header. `own`: the origins of the server's own pages.
    `others`: the other origins that are accepted.
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
        """The lists for a server that listens on `host` and `port`, with the configured `hosts` and
        `origins`.

        `tls`: the server itself speaks TLS, so its own pages are served over HTTPS only. If it does not, a
        configured host may be that of a proxy that speaks TLS.
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
        """Check all Host and all Origin headers of a request.

        A request without an Origin header comes from a client that is not a browser, and is accepted.
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

    def may_be_at(self, address: str) -> bool:
        """Whether a client that has connected to this host and port may have reached this server.

        Only addresses of this machine are checked, because a proxy may change the Host header of others. If
        this is false, another program on this machine forwards the client's messages.
        """
        name = re.sub(r":\d+$", "", address.lower())
        return name not in LOOPBACK_NAMES or address.lower() in self.hosts

    def is_foreign(self, origin: str) -> bool:
        """Whether an origin is accepted but is not the server's own: answers to it need CORS headers."""
        return origin in self.others or _FIREFOX_EXTENSION.fullmatch(origin) is not None


WILDCARDS = frozenset({"", "0.0.0.0", "::"})
"""Addresses that mean "every interface". No client connects to them by this name."""


def _with_port(name: str, port: int, usual: int) -> tuple[str, ...]:
    """A name as in a Host header: with the port, and also without it if it is the scheme's default."""
    if re.search(r":\d+$", name):
        return (name,)
    return (f"{name}:{port}", name) if port == usual else (f"{name}:{port}",)


def digest(secret: str) -> str:
    """The hash of a token, which is stored and compared. Any string is allowed, also with lone surrogates."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def matching_id(digests: Iterable[tuple[str, str]], candidate: str) -> str | None:
    """The id whose digest is that of the candidate. None if there is no such id.

    Every digest is compared, so that the time taken reveals nothing.
    """
    wanted = digest(candidate)
    found: str | None = None
    for identity, known in digests:
        if hmac.compare_digest(known, wanted):
            found = identity
    return found
