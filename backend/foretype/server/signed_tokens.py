"""Signed tokens: every server that has the public keys can check them, and asks no other server.

A token is a JSON Web Token (RFC 7519), signed with Ed25519 (RFC 8037). The public keys are a JSON Web Key Set
(RFC 7517). A token names its tenant, the organisation whose quota it uses. The private key stays where
`foretype token mint` runs.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt.algorithms import OKPAlgorithm

from foretype.server.tenants import Signed
from foretype.server.watched_file import BadFileError, WatchedFile
from foretype.support.clock import Clock
from foretype.support.settings import MOST_TOKEN_CHARS

ALGORITHM = "EdDSA"
AUDIENCE = "foretype"
REVOKED_NAME = "revoked.json"
"""The file of revoked tokens, beside the public keys unless a setting says otherwise."""
TENANT = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)
TOKEN_ID = re.compile(r"[0-9a-f]{16}", re.ASCII)
FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
"""Of a JSON Web Token with a signature."""
MOST_ID_CHARS = 255
"""In the list of revoked tokens: ids (`jti`) of a provider's tokens are longer than those minted here."""

Keys = Mapping[str, Ed25519PublicKey]
"""Public keys by their ids."""


class SignedTokens:
    """Called on the event loop. A change of a file is noticed within `watched_file.LOOK_SECONDS`."""

    def __init__(
        self,
        keys: Path,
        revoked: Path | None = None,
        clock: Clock = time.time,
        watch: Clock = time.monotonic,
    ) -> None:
        """`clock` gives seconds since 1970, `watch` is for looking at the files. Raises `BadFileError`."""
        self._keys = WatchedFile(keys, parsed_keys, event="token_keys_unreadable", clock=watch)
        none: frozenset[str] = frozenset()
        self._revoked = WatchedFile(
            revoked or keys.with_name(REVOKED_NAME),
            parsed_revoked,
            event="revoked_tokens_unreadable",
            missing=none,
            clock=watch,
        )
        self._clock = clock

    def read(self, token: str) -> Signed | None:
        """The token's content. None if it is not a signed token, or is forged, expired or revoked."""
        if len(token) > MOST_TOKEN_CHARS or not FORM.fullmatch(token):
            return None
        try:
            key = jwt.get_unverified_header(token).get("kid")
            public = self._keys.value.get(key) if isinstance(key, str) else None
            if key is None or public is None:
                return None
            # Only this one algorithm: the token's header must not choose how it is checked.
            claims = jwt.decode(
                token,
                public,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                # The dates are checked by `still_good`, with this object's clock.
                options={"require": ["exp", "jti"], "verify_exp": False, "verify_iat": False},
            )
        except (jwt.PyJWTError, ValueError):  # the message may quote the token
            return None
        signed = _signed(claims, key)
        return signed if signed is not None and self.still_good(signed) else None

    def still_good(self, signed: Signed) -> bool:
        """Whether the token has not expired, and neither it nor its key has been revoked since then."""
        return (
            self._clock() < signed.expires_at
            and signed.jti not in self._revoked.value
            and signed.key in self._keys.value
        )


def parsed_keys(content: bytes) -> Keys:
    """The Ed25519 keys of a JSON Web Key Set. Keys of other kinds are left out. Raises `BadFileError`."""
    entries = _object(content).get("keys")
    if not isinstance(entries, list):
        raise BadFileError("is not a JSON Web Key Set: it has no list `keys`.")
    found: dict[str, Ed25519PublicKey] = {}
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("kty") != "OKP" or entry.get("crv") != "Ed25519":
            continue
        if "d" in entry:
            raise BadFileError("has a private key: give servers only the public keys.")
        if not isinstance(entry.get("kid"), str):
            raise BadFileError("has a key without an id (`kid`).")
        try:
            key = OKPAlgorithm.from_jwk(entry)
        except (jwt.InvalidKeyError, ValueError, TypeError):
            raise BadFileError("has a key that is damaged.") from None
        assert isinstance(key, Ed25519PublicKey)
        found[entry["kid"]] = key
    return found


def parsed_revoked(content: bytes) -> frozenset[str]:
    """The ids of revoked tokens. Raises `BadFileError`."""
    ids = _object(content).get("revoked")
    if not isinstance(ids, dict) or not all(0 < len(one) <= MOST_ID_CHARS for one in ids):
        raise BadFileError("is not a list of revoked tokens.")
    return frozenset(ids)


def _signed(claims: Mapping[str, Any], key: str) -> Signed | None:
    """The content of a token whose signature is right. None if the token is not one of Foretype's."""
    identity, tenant, expires_at = claims.get("jti"), claims.get("tenant"), claims.get("exp")
    if not isinstance(identity, str) or not TOKEN_ID.fullmatch(identity):
        return None
    if not isinstance(tenant, str) or not TENANT.fullmatch(tenant):
        return None
    if isinstance(expires_at, bool) or not isinstance(expires_at, int | float):
        return None
    return Signed(identity, tenant, key, float(expires_at), identity)


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadFileError("is not valid JSON.") from None
    if not isinstance(found, dict):
        raise BadFileError("is not a JSON object.")
    return found
