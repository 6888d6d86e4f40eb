"""Which token belongs to whom: the fixed one of the settings, and those that came from pairing."""

from __future__ import annotations

from foretype.server.guard import digest, same
from foretype.server.pairing import Pairing

FIXED = "fixed"
"""The id of the token in the settings; it cannot be revoked while the server runs."""


class Tokens:
    """Holds hashes only.

    Called on the event loop: the file behind it is small and read again only when it changed.
    """

    def __init__(self, fixed: str | None, pairing: Pairing) -> None:
        self._fixed = digest(fixed) if fixed else None
        self._pairing = pairing

    def owner(self, token: str | None) -> str | None:
        """The id of the client whose token this is; None for a wrong one, an empty one and none. Raises
        `BadStateError`.
        """
        if not token:
            return None
        known = [(client.id, client.digest) for client in self._pairing.clients()]
        if self._fixed is not None:
            known.append((FIXED, self._fixed))
        return same(known, token)

    def still_good(self, owner: str) -> bool:
        """Whether a client that was let in has not been revoked since."""
        return owner == FIXED or any(client.id == owner for client in self._pairing.clients())
