"""The address of a collector of traces, as a setting gives it."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

PATH = "/v1/traces"
"""The path that OTLP over HTTP gives to traces."""


def check_collector(address: str | None) -> str | None:
    """The whole address; without a path in it, with `PATH`. Raises `ValueError`, without the address."""
    if address is None:
        return None
    try:
        parts = urlsplit(address.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"the address of a collector looks like http://127.0.0.1:4318{PATH}")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a password does not belong in an address: put it into OTEL_EXPORTER_OTLP_HEADERS")
    if parts.query or parts.fragment:
        raise ValueError("the address of a collector has no ? and no #")
    return urlunsplit(parts._replace(path=PATH if parts.path in ("", "/") else parts.path))
