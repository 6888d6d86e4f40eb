"""The server accepts a client by its token. Clients without a correct token get an error.

A correct token is always accepted: otherwise a program that guesses tokens could lock out the other clients
at its address. So the length of a token prevents guessing; the lockout does not. The lockout refuses programs
that guess, tells other clients when to try again, and writes a warning to the log.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

from foretype.server.credentials import Client, Tokens
from foretype.server.frames import ErrorCode, Refused
from foretype.server.guard import digest
from foretype.server.pairing import Lockout
from foretype.server.proof import Claim
from foretype.server.reach import Address, network_of
from foretype.support import logs
from foretype.support.clock import Clock

UNAUTHORIZED = Refused(
    ErrorCode.UNAUTHORIZED,
    "The token is missing, wrong, expired or revoked: pair again with a code from `foretype pair`, or ask "
    "for a new token.",
)
HUMAN_PACE_SECONDS = 5.0
FORGOTTEN_AFTER_SECONDS = 3600.0
MOST_ADDRESSES = 1024
MOST_TOKENS = 4096


@dataclass(frozen=True, slots=True)
class Denied:
    """The error for a client that is not accepted. `retry_s`: the seconds after which it may try again; None
    if trying again is useless.
    """

    refused: Refused
    retry_s: int | None = None


class Admission:
    """Called on the event loop. Keeps the hashes of the latest `MOST_TOKENS` wrong tokens."""

    def __init__(self, tokens: Tokens, clock: Clock) -> None:
        self._tokens = tokens
        self._wrong = _WrongTokens(clock)

    async def prepare(self, token: str | None) -> None:
        """Call this before `owner`: a provider may have to be asked for the token's key."""
        await self._tokens.prepare(token)

    def owner(self, token: str | None, address: Address | None) -> Client | Denied:
        """The client that the token belongs to, or its error. Raises `BadStateError`."""
        owner = self._tokens.owner(token)
        return self._denied(token, address) if owner is None else owner

    def claimed(self, claim: Claim, address: Address | None) -> str | Denied:
        """The digest of the token that the client claims to have, or its error. Raises `BadStateError`."""
        digest = self._tokens.claimed(claim.key)
        return self._denied(claim.key, address) if digest is None else digest

    def _denied(self, token: str | None, address: Address | None) -> Denied:
        wait = self._wrong.seconds_to_wait(token, address) if token else 0.0
        if wait <= 0:
            return Denied(UNAUTHORIZED)
        seconds = math.ceil(wait)
        return Denied(
            Refused(ErrorCode.RATE_LIMITED, f"Too many wrong tokens: try again in {seconds} s."), seconds
        )


@dataclass(slots=True)
class _Guesser:
    """An address that wrong tokens came from. `at`: the time of the last one that counted."""

    lockout: Lockout
    at: float


class _WrongTokens:
    """After five wrong tokens an address is locked out for a minute, after each further one for twice as
    long.

    The same wrong token after `HUMAN_PACE_SECONDS` or more is not a guess: an extension whose token was
    revoked sends it each time its browser starts. It does not count, and its client is told that the token is
    wrong, also during a lockout of its address.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: OrderedDict[str, float] = OrderedDict()  # when a token last came, by its hash
        self._guessers: OrderedDict[str, _Guesser] = OrderedDict()

    def seconds_to_wait(self, token: str, address: Address | None) -> float:
        """Record a wrong token. 0 if its client is told that the token is wrong; otherwise the seconds of the
        lockout that are left.
        """
        now = self._clock()
        hashed = digest(token)
        before = self._seen.pop(hashed, None)
        self._seen[hashed] = now
        if len(self._seen) > MOST_TOKENS:
            self._seen.popitem(last=False)
        if before is not None and now - before >= HUMAN_PACE_SECONDS:
            return 0.0
        guesser = self._guesser(network_of(address), now)
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
