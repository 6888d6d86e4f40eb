"""The quotas of tenants: how many sockets and keystrokes per second the tokens of one organisation share.

Decided without a socket. A tenant at its quota gets errors; the other tenants do not notice it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from foretype.server.limits import TokenBucket
from foretype.support.clock import Clock

BURST_SECONDS = 2
"""A tenant may send the keystrokes of this many seconds at once."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed token (`signed_tokens`, `provider_tokens`) that was right when it was checked.

    id: stands for the token's person. key: the id of the key that has signed the token. expires_at: seconds
    since 1970. jti: the token's own id, by which it is revoked; None if it has none. of_provider: whether an
    OpenID Connect provider has issued it.
    """

    id: str
    tenant: str
    key: str
    expires_at: float
    jti: str | None
    of_provider: bool = False


class Bucket(Protocol):
    def take(self) -> bool:
        """Take a token. False if there is none."""


@dataclass(frozen=True, slots=True)
class Quota:
    """Of one tenant on this server. None means no limit."""

    keystrokes_per_second: float | None = None
    sockets: int | None = None


class Unlimited:
    def take(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Both:
    """A keystroke needs a token of the client's bucket and one of its tenant's.

    The client's comes first, so that a client above its own limit takes nothing from its tenant.
    """

    client: Bucket
    tenant: Bucket

    def take(self) -> bool:
        return self.client.take() and self.tenant.take()


@dataclass(slots=True)
class Tenants:
    """Called on the event loop. Tenants are known by tokens whose signature is right, so they are few."""

    quota: Quota
    clock: Clock
    _sockets: Counter[str] = field(default_factory=Counter)
    _buckets: dict[str, Bucket] = field(default_factory=dict)

    def bucket(self, tenant: str) -> Bucket:
        """For the keystrokes of all clients of the tenant."""
        if tenant not in self._buckets:
            self._buckets[tenant] = self._new_bucket()
        return self._buckets[tenant]

    def take_socket(self, tenant: str) -> bool:
        """Take a place, which `give_back_socket` frees. False if the tenant has used its quota."""
        if self.quota.sockets is not None and self._sockets[tenant] >= self.quota.sockets:
            return False
        self._sockets[tenant] += 1
        return True

    def give_back_socket(self, tenant: str) -> None:
        self._sockets[tenant] -= 1
        if not self._sockets[tenant]:
            del self._sockets[tenant]

    def _new_bucket(self) -> Bucket:
        rate = self.quota.keystrokes_per_second
        return (
            Unlimited()
            if rate is None
            else TokenBucket(rate, max(1, round(BURST_SECONDS * rate)), self.clock)
        )
