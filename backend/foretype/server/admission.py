"""Who is let in by a token, and what those are told who are not.

A right token is always let in: what another program at the same address tries must not keep a good client
out. So this is no lock on the door. What keeps guessing from succeeding is the length of a token; the lockout
sends programs that guess away, tells honest ones when to come back, and says in the log that somebody tries.
"""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from dataclasses import dataclass

from foretype.server.credentials import Tokens
from foretype.server.frames import ErrorCode, Refused
from foretype.server.guard import digest
from foretype.server.pairing import Lockout
from foretype.server.reach import Address
from foretype.support import logs
from foretype.support.clock import Clock

UNAUTHORIZED = Refused(
    ErrorCode.UNAUTHORIZED,
    "The token is missing, wrong or revoked: pair again with a code from `foretype pair`.",
)
HUMAN_PACE_SECONDS = 5.0
FORGOTTEN_AFTER_SECONDS = 3600.0
MOST_ADDRESSES = 1024
MOST_TOKENS = 4096
NETWORK_BITS = 64  # of an IPv6 address: whoever has one address has all of its network


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """What a client is told that is not let in. `retry_s`: when it may ask again; None if that is no use."""

    refused: Refused
    retry_s: int | None = None


class Admission:
    """Called on the event loop. Keeps hashes of wrong tokens, for as long as there is room."""

    def __init__(self, tokens: Tokens, clock: Clock) -> None:
        self._tokens = tokens
        self._wrong = _WrongTokens(clock)

    def owner(self, token: str | None, address: Address | None) -> str | TurnedAway:
        """The id of the client whose token this is. Raises `BadStateError`."""
        owner = self._tokens.owner(token)
        if owner is not None:
            return owner
        wait = self._wrong.seconds_to_wait(token, address) if token else 0.0
        if wait <= 0:
            return TurnedAway(UNAUTHORIZED)
        seconds = math.ceil(wait)
        return TurnedAway(
            Refused(ErrorCode.RATE_LIMITED, f"Too many wrong tokens: try again in {seconds} s."), seconds
        )


@dataclass(slots=True)
class _Guesser:
    """An address that wrong tokens came from, with the time of the last one that counted."""

    lockout: Lockout
    at: float


class _WrongTokens:
    """Five wrong tokens of one address close it for a minute, each further one for twice as long.

    A token that comes again at a human pace is no guess: an extension whose token was revoked shows it
    whenever its browser starts. It does not count, and it is told so also while its address is closed.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: OrderedDict[str, float] = OrderedDict()  # when a token came last, by its hash
        self._guessers: OrderedDict[str, _Guesser] = OrderedDict()

    def seconds_to_wait(self, token: str, address: Address | None) -> float:
        """Takes note of a wrong token. 0 if its client is simply told that it is wrong."""
        now = self._clock()
        hashed = digest(token)
        before = self._seen.pop(hashed, None)
        self._seen[hashed] = now
        if len(self._seen) > MOST_TOKENS:
            self._seen.popitem(last=False)
        if before is not None and now - before >= HUMAN_PACE_SECONDS:
            return 0.0
        guesser = self._guesser(_network(address), now)
        if (wait := guesser.lockout.remaining()) > 0:
            return wait
        guesser.at = now
        guesser.lockout.wrong()
        if guesser.lockout.remaining() > 0:
            logs.logger().warning("wrong_tokens")
        return 0.0

    def _guesser(self, network: str, now: float) -> _Guesser:
        found = self._guessers.pop(network, None)
        if found is None or now - found.at - found.lockout.remaining() > FORGOTTEN_AFTER_SECONDS:
            found = _Guesser(Lockout(self._clock), now)
        self._guessers[network] = found
        if len(self._guessers) > MOST_ADDRESSES:
            self._guessers.popitem(last=False)
        return found


def _network(address: Address | None) -> str:
    if isinstance(address, ipaddress.IPv6Address) and not address.is_loopback:
        return str(ipaddress.IPv6Network((address, NETWORK_BITS), strict=False))
    return str(address)
