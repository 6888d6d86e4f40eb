"""What the routes share: the phase of the server's life, its engine, and who is connected."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from foretype.engine.contract import Engine, Failure
from foretype.engine.keystroke import Suggestion
from foretype.server.admission import Admission
from foretype.server.credentials import Tokens
from foretype.server.frames import ErrorCode
from foretype.server.guard import Guard
from foretype.server.limits import ClientLimits, TokenBucket
from foretype.server.pairing import Lockout, Pairing
from foretype.support.clock import Clock
from foretype.support.metrics import Metrics


class Leaving(Protocol):
    """A connection, as far as the server's shutdown needs it."""

    async def leave(self) -> None:
        """Tell the client that the server is going away, and close the socket."""


class Phase(StrEnum):
    """What /healthz says."""

    LOADING = "loading"
    READY = "ready"
    DRAINING = "draining"


@dataclass(slots=True)
class Service:
    """Owned by `Server`, which alone changes `phase` and `engine`. `engine` is there from READY on."""

    guard: Guard
    limits: ClientLimits
    budget_ms: int
    pairing: Pairing
    tokens: Tokens
    is_behind_a_proxy: bool = False
    """Then a peer on loopback may speak for anybody."""
    clock: Clock = time.monotonic
    metrics: Metrics = field(default_factory=lambda: Metrics(code.value for code in ErrorCode))
    phase: Phase = Phase.LOADING
    engine: Engine | None = None
    connections: set[Leaving] = field(default_factory=set)
    buckets: dict[str, TokenBucket] = field(default_factory=dict)
    """Of those who use HTTP without a socket, by the id of their token."""
    redeeming: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One code at a time, so that guesses made at once are counted before the next is looked at."""
    lockout: Lockout = field(init=False)
    """Of those who try codes."""
    admission: Admission = field(init=False)

    def __post_init__(self) -> None:
        self.lockout = Lockout(self.clock)
        self.admission = Admission(self.tokens, self.clock)

    def answered(self, outcome: Suggestion | Failure, elapsed_ms: float) -> None:
        """Count a keystroke's final answer."""
        if isinstance(outcome, Failure):
            self.metrics.failed(elapsed_ms)
        else:
            self.metrics.suggested(outcome.source.value, elapsed_ms, shown=bool(outcome.text))

    def bucket(self, owner: str) -> TokenBucket:
        if owner not in self.buckets:
            self.buckets[owner] = TokenBucket(
                self.limits.keystrokes_per_second, self.limits.keystroke_burst, self.clock
            )
        return self.buckets[owner]
