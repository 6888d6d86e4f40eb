"""Tokens of an OpenID Connect provider: ID tokens, and access tokens that are JSON Web Tokens (RFC 9068).

The provider's keys come from `provider_keys`. A token has to name the issuer and the audience of the
settings, its person (`sub`) and its expiry.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt

from foretype.server.provider_keys import ProviderKeys
from foretype.server.signed_tokens import FORM, parsed_revoked
from foretype.server.tenants import Signed
from foretype.server.watched_file import WatchedFile
from foretype.support.clock import Clock

MOST_CHARS = 3800
"""A longer token does not fit into `hello`."""
MOST_CLAIM_CHARS = 255
NOT_BEFORE_SECONDS = 60.0
"""The provider's clock may be ahead of the server's by this much (`nbf`)."""
TYPES = frozenset({"", "jwt", "at+jwt", "application/at+jwt"})
"""Values of the header `typ`. Others, such as `logout+jwt`, are not for use as a token (RFC 8725, 3.11)."""


class ProviderTokens:
    """Called on the event loop."""

    def __init__(
        self,
        keys: ProviderKeys,
        issuer: str,
        audience: str,
        tenant_claim: str | None = None,
        revoked: Path | None = None,
        clock: Clock = time.time,
        watch: Clock = time.monotonic,
    ) -> None:
        """`tenant_claim`: the claim with the token's tenant; None if all tokens have one tenant, the issuer's
        host. `revoked`: the list of revoked tokens; None if there is none. `clock` gives seconds since 1970,
        `watch` is for looking at the list. Raises `BadFileError`.
        """
        self.keys = keys
        self._issuer = issuer
        self._audience = audience
        self._tenant_claim = tenant_claim
        self._tenant = urlsplit(issuer).hostname or issuer
        self._clock = clock
        none: frozenset[str] = frozenset()
        self._revoked = (
            None
            if revoked is None
            else WatchedFile(
                revoked, parsed_revoked, event="revoked_tokens_unreadable", missing=none, clock=watch
            )
        )

    async def prepare(self, token: str) -> None:
        """Call this before `read`: it asks the provider for the token's key, if that is unknown."""
        if (kid := self._key_id(token)) is not None:
            await self.keys.look_for(kid)

    def read(self, token: str) -> Signed | None:
        """The token's content. None if it is not a token of the provider, or is forged, expired or revoked.

        Raises `UnknownKeyError` if the provider may have a new key, and does not answer.
        """
        kid = self._key_id(token)
        if kid is None or not self.keys.is_known(kid):
            return None
        key = self.keys.get(kid)
        assert key is not None
        try:
            claims = jwt.decode(
                token,
                key,
                # The key's own algorithm: the token's header must not choose how it is checked.
                algorithms=[key.algorithm_name],
                issuer=self._issuer,
                audience=self._audience,
                # The dates are checked below, with this object's clock.
                options={
                    "require": ["iss", "aud", "exp", "sub"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError):  # the message may quote the token
            return None
        signed = self._signed(claims, kid)
        return signed if signed is not None and self.still_good(signed) else None

    def still_good(self, signed: Signed) -> bool:
        """Whether the token has not expired, and neither it nor its key has been revoked since then."""
        is_revoked = self._revoked is not None and signed.jti in self._revoked.value
        return self._clock() < signed.expires_at and not is_revoked and self.keys.get(signed.key) is not None

    def _key_id(self, token: str) -> str | None:
        """The key that a token of the issuer names; if it names none, the provider's only key.

        Nothing is verified: anybody can write such a token.
        """
        if len(token) > MOST_CHARS or not FORM.fullmatch(token):
            return None
        try:
            parts = jwt.decode_complete(token, options={"verify_signature": False})
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            return None
        kid, kind = parts["header"].get("kid", self.keys.only_id), parts["header"].get("typ", "")
        if not isinstance(kind, str) or kind.lower() not in TYPES:
            return None
        is_ours = parts["payload"].get("iss") == self._issuer
        return kid if is_ours and isinstance(kid, str) and len(kid) <= MOST_CLAIM_CHARS else None

    def _signed(self, claims: Mapping[str, Any], kid: str) -> Signed | None:
        """The content of a token whose signature, issuer and audience are right. None if a claim is odd."""
        person, expires_at, begins_at = claims["sub"], claims["exp"], claims.get("nbf", 0)
        tenant = self._tenant if self._tenant_claim is None else claims.get(self._tenant_claim)
        jti = claims.get("jti")
        if not _is_name(person) or not _is_name(tenant) or not (jti is None or _is_name(jti)):
            return None
        if not _is_date(expires_at) or not _is_date(begins_at):
            return None
        if begins_at > self._clock() + NOT_BEFORE_SECONDS:
            return None
        return Signed(
            _person_id(self._issuer, person), str(tenant), kid, float(expires_at), jti, of_provider=True
        )


def _person_id(issuer: str, subject: str) -> str:
    """Names the person in the file of own words, which must not say who they are."""
    return hashlib.sha256(json.dumps([issuer, subject]).encode()).hexdigest()[:32]


def _is_name(claim: object) -> bool:
    return isinstance(claim, str) and 0 < len(claim) <= MOST_CLAIM_CHARS


def _is_date(claim: object) -> bool:
    """Whether it is a number of seconds. Python's JSON also reads Infinity and NaN, which no date is."""
    return isinstance(claim, int | float) and not isinstance(claim, bool) and math.isfinite(claim)
