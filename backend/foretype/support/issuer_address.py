"""The issuer of an organisation's OpenID Connect provider, as a setting gives it."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit


def check_issuer(issuer: str | None) -> str | None:
    """The issuer as it was given: tokens must name exactly this text. Raises `ValueError`, without it."""
    if issuer is None:
        return None
    issuer = issuer.strip()
    try:
        parts = urlsplit(issuer)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("an issuer looks like https://login.example.org; the provider's settings show it")
    if parts.username is not None or parts.password is not None:
        raise ValueError("an issuer has no user and no password")
    if "?" in issuer or "#" in issuer:
        raise ValueError("an issuer has no ? and no #")
    if not is_safe(parts):
        raise ValueError(
            "an issuer on another machine begins with https://, since its keys decide who may use the server"
        )
    return issuer


def is_safe(address: SplitResult) -> bool:
    """Whether nobody on the network can change an answer from this address: HTTPS, or this machine itself."""
    if address.scheme == "https":
        return True
    name = address.hostname or ""
    try:
        is_here = name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        is_here = False
    return address.scheme == "http" and is_here
