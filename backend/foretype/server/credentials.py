"""Which client a token belongs to: the fixed token of the settings, and the tokens from pairing."""

from __future__ import annotations

from foretype.server.guard import digest, matching_id
from foretype.server.pairing import Pairing
from foretype.server.proof import key_id

FIXED = "fixed"
"""The id of the token in the settings; it cannot be revoked while the server runs."""


class Tokens:
    """Holds hashes only.

    Called on the event loop: the file of paired clients is small, and is read again only if it has changed.
    """

    def __init__(self, fixed: str | None, pairing: Pairing) -> None:
        self._fixed = digest(fixed) if fixed else None
        self._pairing = pairing

    def owner(self, token: str | None) -> str | None:
        """The id of the client that the token belongs to. None if the token is wrong, empty or missing.

        Raises `BadStateError`.
        """
        return matching_id(self._known(), token) if token else None

    def claimed(self, key: str) -> str | None:
        """The digest of the token that a claim names. None if there is none. Raises `BadStateError`."""
        return next((digest for _, digest in self._known() if key_id(digest) == key), None)

    def _known(self) -> list[tuple[str, str]]:
        """The ids of all clients, and the digests of their tokens."""
        known = [(client.id, client.digest) for client in self._pairing.clients()]
        return known if self._fixed is None else [*known, (FIXED, self._fixed)]

    def still_good(self, owner: str) -> bool:
        """Whether a client that was accepted has not been revoked since. Raises `BadStateError`."""
        return owner == FIXED or any(client.id == owner for client in self._pairing.clients())
