"""Which client a token belongs to: the fixed token of the settings, and the tokens from pairing."""

from __future__ import annotations

from foretype.engine.contract import Owner
from foretype.server.guard import digest, matching_id
from foretype.server.pairing import Pairing

FIXED = "fixed"
"""The id of the token in the settings; it cannot be revoked while the server runs."""


def owner_in(client: str, connection: str) -> Owner:
    """The owner of keystrokes that `client`, the id of a token's client, sends on `connection`.

    A paired token belongs to one person, however many connections it has. The fixed token may be of several
    people, and nothing else tells them apart.
    """
    return Owner(client, connection) if client == FIXED else Owner.alone(client)


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
        if not token:
            return None
        known = [(client.id, client.digest) for client in self._pairing.clients()]
        if self._fixed is not None:
            known.append((FIXED, self._fixed))
        return matching_id(known, token)

    def still_good(self, owner: str) -> bool:
        """Whether a client that was accepted has not been revoked since. Raises `BadStateError`."""
        return owner == FIXED or any(client.id == owner for client in self._pairing.clients())
