"""What the routes share: the phase of the server's life, its engine, and who is connected."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from foretype.deadline import Clock
from foretype.engine import Engine
from foretype.metrics import Metrics
from foretype.socket.admission import Admission
from foretype.socket.frames import ErrorCode
from foretype.socket.guard import Guard
from foretype.socket.limits import Limits, TokenBucket
from foretype.socket.pairing import Lockout, Pairing
from foretype.socket.tokens import Tokens

if TYPE_CHECKING:
    from foretype.socket.connection import Connection


class Phase(StrEnum):
    """What /healthz says."""

    LOADING = "loading"
    READY = "ready"
    DRAINING = "draining"


@dataclass(slots=True)
class Service:
    """Owned by `Server`, which alone changes `phase` and `engine`. `engine` is there from READY on."""

    guard: Guard
    limits: Limits
    budget_ms: int
    pairing: Pairing
    tokens: Tokens
    is_behind_a_proxy: bool = False
    """Then a peer on loopback may speak for anybody."""
    clock: Clock = time.monotonic
    metrics: Metrics = field(default_factory=lambda: Metrics(code.value for code in ErrorCode))
    phase: Phase = Phase.LOADING
    engine: Engine | None = None
    connections: set[Connection] = field(default_factory=set)
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

    def bucket(self, owner: str) -> TokenBucket:
        if owner not in self.buckets:
            self.buckets[owner] = TokenBucket(
                self.limits.keystrokes_per_second, self.limits.keystroke_burst, self.clock
            )
        return self.buckets[owner]
