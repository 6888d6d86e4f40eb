"""The public keys of an organisation's OpenID Connect provider (OpenID Connect Discovery 1.0, RFC 7517).

Imported only if FORETYPE_OIDC_ISSUER is set; without it, the server fetches nothing. The requests run on the
event loop and wait for the network only. Nothing of a token is ever sent.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import jwt

from foretype.server.provider_errors import ProviderError, UnknownKeyError, UnreachableProviderError
from foretype.support.clock import Clock
from foretype.support.issuer_address import is_safe
from foretype.support.logs import SparseLines

DISCOVERY = "/.well-known/openid-configuration"
ALGORITHMS: Mapping[tuple[object, object], str] = {
    ("OKP", "Ed25519"): "EdDSA",
    ("EC", "P-256"): "ES256",
    ("RSA", None): "RS256",
}
"""The algorithm of a key, by its `kty` and `crv`. Other keys are left out, above all shared secrets."""
LEAST_RSA_BITS = 2048
MOST_BYTES = 256 * 1024  # of each document
MOST_ISSUER_CHARS = 255
FETCH_SECONDS = 5.0  # for both documents together
REFRESH_SECONDS = 300.0
APART_SECONDS = 30.0
"""An unknown key makes the server ask the provider again, but at most this often."""
WAIT_SECONDS = 3.0
"""A client with an unknown key waits no longer for the provider's answer: its `hello` has a limit of 5 s."""

NO_ID = ""
"""Stands for the id (`kid`) of a key that has none."""
Keys = Mapping[str, jwt.PyJWK]
"""Public keys by their ids. Each is bound to its algorithm."""


class ProviderKeys:
    """Called on the event loop. `start` comes first, `close` last.

    If the provider cannot be reached later, or its documents are damaged, its last good keys stay in force.
    """

    def __init__(self, issuer: str, clock: Clock = time.monotonic) -> None:
        self._issuer = issuer
        self._clock = clock
        self._lines = SparseLines(clock)
        self._keys: Keys = {}
        self._is_current = False  # whether the last request has succeeded
        self._asked_at = 0.0
        self._asking: asyncio.Task[None] | None = None
        self._refreshing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Fetch the keys, and again every `REFRESH_SECONDS` from now on. Raises `ProviderError`."""
        await self._fetch()
        self._refreshing = asyncio.create_task(self._keep_fresh())

    async def close(self) -> None:
        tasks = [task for task in (self._refreshing, self._asking) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    @property
    def only_id(self) -> str | None:
        """The id of the provider's key if there is only one: then tokens need not name it."""
        return next(iter(self._keys)) if len(self._keys) == 1 else None

    def get(self, kid: str) -> jwt.PyJWK | None:
        return self._keys.get(kid)

    def is_known(self, kid: str) -> bool:
        """Whether the provider has this key. Raises `UnknownKeyError` if the last request for keys failed."""
        if kid in self._keys:
            return True
        if not self._is_current:
            raise UnknownKeyError
        return False

    async def look_for(self, kid: str) -> None:
        """If the key is unknown, ask the provider, unless it was asked a moment ago. All callers that wait
        share one request, and none waits longer than `WAIT_SECONDS`.
        """
        if kid in self._keys:
            return
        if self._asking is None or self._asking.done():
            if self._clock() - self._asked_at < APART_SECONDS:
                return
            self._asking = asyncio.create_task(self._refresh())
        with suppress(TimeoutError):
            async with asyncio.timeout(WAIT_SECONDS):
                # If this is cancelled, the request goes on for the others.
                await asyncio.shield(self._asking)

    async def _keep_fresh(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            await self._refresh()

    async def _refresh(self) -> None:
        try:
            await self._fetch()
        except ProviderError as error:
            self._lines.warning("oidc_keys_unavailable", code=error.cause)

    async def _fetch(self) -> None:
        """Replace the keys as a whole. Raises `ProviderError`."""
        self._asked_at = self._clock()
        self._is_current = False
        try:
            async with (
                asyncio.timeout(FETCH_SECONDS),
                # No proxy and no password from the environment; no cookies.
                aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
            ):
                document = await _document(http, self._issuer.rstrip("/") + DISCOVERY)
                address = _keys_address(document, self._issuer)
                self._keys = parsed_keys(await _document(http, address), address)
        except TimeoutError:
            raise UnreachableProviderError(
                f"{self._issuer} does not answer within {FETCH_SECONDS:.0f} s."
            ) from None
        self._is_current = True


async def _document(http: aiohttp.ClientSession, address: str) -> dict[str, Any]:
    """The JSON object at `address`. Redirects are not followed. Raises `ProviderError` and `TimeoutError`."""
    content = bytearray()
    try:
        async with http.get(
            address,
            allow_redirects=False,
            headers={"Accept-Encoding": "identity"},
        ) as response:
            if response.status in (429, *range(500, 600)):
                raise UnreachableProviderError(f"{address} answers with the status {response.status}.")
            if response.status != 200:
                raise ProviderError(f"{address} answers with the status {response.status} in place of 200.")
            async for part in response.content.iter_any():
                content += part
                if len(content) > MOST_BYTES:
                    raise ProviderError(f"The document {address} is longer than {MOST_BYTES:,} bytes.")
    except aiohttp.InvalidURL:
        raise ProviderError("The provider's document has a `jwks_uri` that is not an address.") from None
    except aiohttp.ClientError as error:  # its message may quote what the provider sent
        raise UnreachableProviderError(f"{address} cannot be reached ({type(error).__name__}).") from None
    try:
        found = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        raise ProviderError(f"The document {address} is not valid JSON.") from None
    if not isinstance(found, dict):
        raise ProviderError(f"The document {address} is not a JSON object.")
    return found


def _keys_address(document: Mapping[str, Any], issuer: str) -> str:
    """The address of the provider's keys. Raises `ProviderError`."""
    named, address = document.get("issuer"), document.get("jwks_uri")
    if named != issuer:
        can_be_shown = isinstance(named, str) and named.isprintable() and len(named) <= MOST_ISSUER_CHARS
        raise ProviderError(
            f"The document {issuer.rstrip('/')}{DISCOVERY} names another issuer"
            f"{f', {named}' if can_be_shown else ''}: both must be exactly the same."
        )
    try:
        is_usable = isinstance(address, str) and is_safe(urlsplit(address))
    except ValueError:
        is_usable = False
    if not is_usable:
        raise ProviderError(f"The document of {issuer} has no https:// address of keys (`jwks_uri`).")
    return str(address)


def parsed_keys(document: Mapping[str, Any], address: str) -> Keys:
    """The keys of a JSON Web Key Set that `ALGORITHMS` allows. Raises `ProviderError` if there are none."""
    entries = document.get("keys")
    if not isinstance(entries, list):
        raise ProviderError(f"The document {address} is not a JSON Web Key Set: it has no list `keys`.")
    found: dict[str, jwt.PyJWK] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("kid", NO_ID), str):
            continue
        if "d" in entry:
            raise ProviderError(f"The document {address} has a private key, so everybody can make tokens.")
        if (key := _key(entry)) is not None:
            found.setdefault(entry.get("kid", NO_ID), key)
    if not found:
        allowed = ", ".join(ALGORITHMS.values())
        raise ProviderError(f"The document {address} has no public key for signatures by {allowed}.")
    return found


def _key(entry: Mapping[str, Any]) -> jwt.PyJWK | None:
    """The key of one entry. None if it is not for signatures by an allowed algorithm, weak, or damaged."""
    crv = entry.get("crv") if entry.get("kty") != "RSA" else None
    kind = (entry.get("kty"), crv)
    if not all(part is None or isinstance(part, str) for part in kind):
        return None
    algorithm = ALGORITHMS.get(kind)
    if algorithm is None or entry.get("alg", algorithm) != algorithm or entry.get("use", "sig") != "sig":
        return None
    try:
        # Bound to this algorithm: a token's header cannot choose another one.
        key = jwt.PyJWK(dict(entry), algorithm)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return None if algorithm == "RS256" and key.key.key_size < LEAST_RSA_BITS else key
