"""The limits of open connections: in all, and from one network. Decided without a socket."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum


class NoPlace(StrEnum):
    """The reason why a connection is refused. The value is the event in the log."""

    ALL_TAKEN = "connections_full"
    NETWORK_HAS_ITS_SHARE = "connections_of_one_address_full"


class Places:
    """Counts the open connections. Called on the event loop."""

    def __init__(self, most: int, most_each: int) -> None:
        """`most`: connections in all; `most_each`: from one network."""
        self._most = most
        self._most_each = most_each
        self._taken: Counter[str | None] = Counter()
        self._total = 0

    @property
    def taken(self) -> int:
        return self._total

    def take(self, network: str | None) -> NoPlace | None:
        """Take a place, which `give_back` frees. If there is none, returns why.

        `network` is None if many clients may have its address: through a proxy, or on this machine.
        """
        if self._total >= self._most:
            return NoPlace.ALL_TAKEN
        if network is not None and self._taken[network] >= self._most_each:
            return NoPlace.NETWORK_HAS_ITS_SHARE
        self._total += 1
        self._taken[network] += 1
        return None

    def give_back(self, network: str | None) -> None:
        self._total -= 1
        self._taken[network] -= 1
        if not self._taken[network]:
            del self._taken[network]
