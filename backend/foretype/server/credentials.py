"""The clients by their tokens: the fixed token of the settings, tokens from pairing, signed tokens, and those
of an OpenID Connect provider.
"""

from __future__ import annotations

from typing import Protocol

from foretype.engine.contract import Owner
from foretype.server.guard import digest, matching_id
from foretype.server.pairing import Pairing
from foretype.server.proof import key_id
from foretype.server.state_file import GoneStateError, Paired, UnreadableStateError
from foretype.server.tenants import Signed
from foretype.support.logs import SparseLines

FIXED = "fixed"
"""The id of the token in the settings; it cannot be revoked while the server runs."""


Client = str | Signed
"""A client that was accepted: the id of its paired token, `FIXED`, or its signed token."""


class SignedReader(Protocol):
    """`signed_tokens.SignedTokens`, whose packages are loaded only if a setting asks for it."""

    def read(self, token: str) -> Signed | None: ...
    def still_good(self, signed: Signed) -> bool: ...


class ProviderReader(SignedReader, Protocol):
    """`provider_tokens.ProviderTokens`, for the same reason."""

    async def prepare(self, token: str) -> None: ...


def owner_in(client: Client, connection: str) -> Owner:
    """The owner of keystrokes that `client` sends on `connection`.

    A paired or a signed token belongs to one person, however many connections it has. The fixed token may be
    of several people, and nothing else tells them apart.
    """
    if isinstance(client, Signed):
        return Owner.alone(f"signed {client.id}")
    return Owner(client, connection) if client == FIXED else Owner.alone(client)


def person_of(client: Client) -> str:
    """The person whose words are learnt and used: one for each token."""
    return owner_in(client, "").token


class Tokens:
    """Holds hashes only, and no signed token.

    Called on the event loop: the file of paired clients is small, and is read again only if it has changed.
    If it cannot be read, clients that were known stay accepted, and the others get `UnreadableStateError`:
    the server cannot tell whether they are paired.
    """

    def __init__(
        self,
        fixed: str | None,
        pairing: Pairing,
        signed: SignedReader | None = None,
        provider: ProviderReader | None = None,
    ) -> None:
        """`signed`, `provider`: None if no tokens of this kind are accepted."""
        self._fixed = digest(fixed) if fixed else None
        self._pairing = pairing
        self._signed = signed
        self._provider = provider
        self._lines = SparseLines()

    async def prepare(self, token: str | None) -> None:
        """Call this before `owner`. It waits only if the token names a new key of the provider."""
        if token and self._provider is not None:
            await self._provider.prepare(token)

    def owner(self, token: str | None) -> Client | None:
        """The client that the token belongs to. None if the token is wrong, empty or missing.

        Raises `BadStateError` if that cannot be told now.
        """
        if not token:
            return None
        for reader in (self._signed, self._provider):
            if reader is not None and (signed := reader.read(token)) is not None:
                return signed
        known, trouble = self._known()
        return _certain(matching_id(known, token), trouble)

    def claimed(self, key: str) -> str | None:
        """The digest of the token that a claim names. None if there is none.

        Raises `UnreadableStateError`.
        """
        known, trouble = self._known()
        return _certain(next((digest for _, digest in known if key_id(digest) == key), None), trouble)

    def _known(self) -> tuple[list[tuple[str, str]], UnreadableStateError | None]:
        """The ids of all clients with the digests of their tokens; and the error, if the list may be old."""
        clients, trouble = self._clients()
        known = [(client.id, client.digest) for client in clients]
        return known if self._fixed is None else [*known, (FIXED, self._fixed)], trouble

    def still_good(self, owner: Client) -> bool:
        """Whether a client that was accepted has not been revoked since, and its token has not expired.

        Raises `UnreadableStateError`.
        """
        if isinstance(owner, Signed):
            reader = self._provider if owner.of_provider else self._signed
            return reader is not None and reader.still_good(owner)
        if owner == FIXED:
            return True
        clients, trouble = self._clients()
        found = next((client.id for client in clients if client.id == owner), None)
        return _certain(found, trouble) is not None

    def _clients(self) -> tuple[tuple[Paired, ...], UnreadableStateError | None]:
        """The paired clients, and why they are those of the last good file if they are."""
        try:
            return self._pairing.clients(), None
        except UnreadableStateError as trouble:
            self._lines.error("clients_unreadable", code=trouble.cause)
            return () if isinstance(trouble, GoneStateError) else self._pairing.last_known_clients(), trouble


def _certain(found: str | None, trouble: UnreadableStateError | None) -> str | None:
    """The result of a search in the list of clients. Raises `trouble` if the list may be old and nothing was
    found.
    """
    if found is None and trouble is not None:
        raise trouble
    return found
