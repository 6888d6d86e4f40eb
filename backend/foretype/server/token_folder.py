"""The folder in which an administrator mints and revokes signed tokens.

- `signing-key.pem`: the private key. Only its owner may read it.
- `minted.json`: which tokens were minted, without the tokens themselves. Only its owner may read it.
- `keys.json`: the public keys, for the servers.
- `revoked.json`: the revoked tokens, for the servers.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from filelock import FileLock, Timeout
from jwt.algorithms import OKPAlgorithm

from foretype.server.signed_tokens import ALGORITHM, AUDIENCE, REVOKED_NAME
from foretype.server.whole_file import put, read, written
from foretype.support.clock import Clock

LOCK_SECONDS = 5.0
DAY_SECONDS = 24 * 60 * 60
PROVIDER_DAYS = 400
"""A provider's token that was revoked stays in the list for this long: its expiry is not known here."""


class TokenFolderError(Exception):
    """The folder cannot be used. The message has the path, and says what to do."""


@dataclass(frozen=True, slots=True)
class Minted:
    """A token that was minted. `key`: the id of the key that has signed it. Times: seconds since 1970.

    `revoked_at`: None if it is not revoked.
    """

    id: str
    tenant: str
    name: str
    key: str
    minted_at: int
    expires_at: int
    revoked_at: int | None = None


class TokenFolder:
    """Several processes may change one folder. Every method raises `TokenFolderError`."""

    def __init__(self, path: Path, clock: Clock = time.time) -> None:
        """`clock` gives seconds since 1970."""
        self.path = path
        self.keys = path / "keys.json"
        self._revoked = path / REVOKED_NAME
        self._minted = path / "minted.json"
        self._signing_key = path / "signing-key.pem"
        self._clock = clock

    def mint(self, tenant: str, name: str, lifetime_s: float) -> tuple[str, Minted]:
        """A new token, which is stored nowhere, and its entry in the list. Makes the key if there is none."""
        with self._changing():
            key, kid = self._key()
            now = int(self._clock())
            entry = Minted(secrets.token_hex(8), tenant, name, kid, now, now + int(lifetime_s))
            claims = {
                "aud": AUDIENCE,
                "jti": entry.id,
                "tenant": tenant,
                "iat": entry.minted_at,
                "exp": entry.expires_at,
            }
            token = jwt.encode(claims, key, ALGORITHM, headers={"kid": kid})
            self._write_minted([*self._read_minted(), entry])
        return token, entry

    def minted(self) -> list[Minted]:
        with self._explained():
            return self._read_minted()

    def revoke(self, identity: str) -> bool:
        """Revoke a token. False if no token with this id was minted here."""
        with self._changing():
            now = int(self._clock())
            entries = self._read_minted()
            if identity not in {entry.id for entry in entries}:
                return False
            changed = [
                Minted(**{**asdict(entry), "revoked_at": now})
                if entry.id == identity and entry.revoked_at is None
                else entry
                for entry in entries
            ]
            # The servers' file first: if the second write fails, the token is revoked nevertheless.
            # A token that has expired is refused anyway. It stays for a day: a server's clock may be slow.
            revoked = {
                entry.id: entry.expires_at
                for entry in changed
                if entry.revoked_at is not None and entry.expires_at > now - DAY_SECONDS
            }
            others = self._revoked_others({entry.id for entry in entries}, now)
            self._write(self._revoked, {"revoked": others | revoked}, for_all=True)
            self._write_minted(changed)
        return True

    def revoke_of_provider(self, jti: str) -> None:
        """Revoke a token of an OpenID Connect provider, of which the folder knows nothing."""
        with self._changing():
            now = int(self._clock())
            revoked = self._read(self._revoked, {"revoked": {}})["revoked"]
            changed = {**revoked, jti: now + PROVIDER_DAYS * DAY_SECONDS}
            self._write(self._revoked, {"revoked": changed}, for_all=True)

    def _revoked_others(self, minted: set[str], now: int) -> dict[str, int]:
        """The revoked tokens that were not minted here, until their time in the list is over."""
        revoked = self._read(self._revoked, {"revoked": {}})["revoked"]
        return {
            one: until for one, until in revoked.items() if one not in minted and until > now - DAY_SECONDS
        }

    def _key(self) -> tuple[Ed25519PrivateKey, str]:
        """The private key and its id. If the file was moved away, a new key is made, and the public half of
        the old one stays in force.
        """
        try:
            _, content = read(self._signing_key)
        except FileNotFoundError:
            return self._new_key()
        key = serialization.load_pem_private_key(content, None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError
        public = self._public(key)
        for entry in self._known_keys():
            if entry.get("x") == public["x"]:
                return key, str(entry["kid"])
        return key, self._publish(public)

    def _new_key(self) -> tuple[Ed25519PrivateKey, str]:
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        put(written(self._signing_key, pem.decode("ascii")), self._signing_key)
        return key, self._publish(self._public(key))

    def _publish(self, public: dict[str, Any]) -> str:
        """Add a public key to those of the servers. Returns its id."""
        kid = secrets.token_hex(4)
        entry = {**public, "kid": kid, "use": "sig", "alg": ALGORITHM}
        self._write(self.keys, {"keys": [*self._known_keys(), entry]}, for_all=True)
        return kid

    def _public(self, key: Ed25519PrivateKey) -> dict[str, Any]:
        return dict(OKPAlgorithm.to_jwk(key.public_key(), as_dict=True))

    def _known_keys(self) -> list[dict[str, Any]]:
        return list(self._read(self.keys, {"keys": []})["keys"])

    def _read_minted(self) -> list[Minted]:
        return [Minted(**entry) for entry in self._read(self._minted, {"minted": []})["minted"]]

    def _write_minted(self, entries: list[Minted]) -> None:
        self._write(self._minted, {"minted": [asdict(entry) for entry in entries]})

    def _read(self, path: Path, missing: dict[str, Any]) -> dict[str, Any]:
        try:
            _, content = read(path)
        except FileNotFoundError:
            return missing
        found = json.loads(content)
        if not isinstance(found, dict):
            raise TypeError
        return found

    def _write(self, path: Path, content: dict[str, Any], *, for_all: bool = False) -> None:
        """`for_all`: other users of this machine may read the file, since servers may run as one of them."""
        readable = (lambda handle: os.chmod(handle, 0o644)) if for_all else (lambda handle: None)
        put(written(path, json.dumps(content, indent=1), readable), path)

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """Hold the folder's lock."""
        with self._explained():
            self.path.mkdir(parents=True, exist_ok=True)
            try:
                with FileLock(self.path / ".lock", LOCK_SECONDS):
                    yield
            except Timeout:
                raise TokenFolderError(
                    f"Another process holds the lock of {self.path}: end the `foretype token` that hangs, "
                    "then try again."
                ) from None

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn the errors of the folder's files into sentences."""
        try:
            yield
        except OSError as error:
            raise TokenFolderError(
                f"The folder {self.path} cannot be used: {error.strerror}. Choose another with --folder."
            ) from None
        except (ValueError, TypeError, KeyError):  # the messages may quote the content
            raise TokenFolderError(
                f"A file in {self.path} is damaged: restore the folder, or choose another with --folder and "
                "mint the tokens again."
            ) from None
