"""The state that the routes share: the phase of the server's life, its engine, and the open connections."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from foretype.engine.contract import Engine, Failure
from foretype.engine.keystroke import Suggestion
from foretype.server.admission import Admission
from foretype.server.balance import Balance
from foretype.server.credentials import Client, Tokens
from foretype.server.frames import ErrorCode
from foretype.server.guard import Guard
from foretype.server.limits import ClientLimits, TokenBucket
from foretype.server.pairing import Lockout, Pairing
from foretype.server.tenants import Both, Bucket, Quota, Signed, Tenants
from foretype.server.traced import TracedFields
from foretype.support.clock import Clock
from foretype.support.logs import SparseLines
from foretype.support.metrics import Metrics
from foretype.words.desk import LearningDesk


class OpenConnection(Protocol):
    """The part of a connection that draining and shedding need."""

    @property
    def idle_seconds(self) -> float:
        """Seconds since the last keystroke; since the connection was opened if there was none."""

    async def answered(self) -> None:
        """Return as soon as no keystroke waits for its final answer."""

    async def leave(self, retry_after: float) -> None:
        """Tell the client that the server is shutting down and to connect again after `retry_after` seconds,
        and close the socket.
        """

    async def just_answered(self, within: float) -> None:
        """Return right after the next final answer was sent, but after at most `within` seconds."""

    async def move(self, retry_after: float) -> None:
        """As `leave`, but the server continues to run: the client is to connect to a server with fewer
        connections.
        """


class Phase(StrEnum):
    """The `status` in the answer of /healthz."""

    LOADING = "loading"
    READY = "ready"
    DRAINING = "draining"


@dataclass(slots=True)
class Service:
    """Owned by `Server`: only it changes `phase` and `engine`. `engine` is None until READY."""

    guard: Guard
    limits: ClientLimits
    budget_ms: int
    pairing: Pairing
    tokens: Tokens
    quota: Quota = field(default_factory=Quota)
    """Of each tenant of signed tokens."""
    is_behind_a_proxy: bool = False
    """Whether a proxy with TLS is in front of the server. If so, a request from loopback may come from
    another machine through the proxy.
    """
    learning: LearningDesk | None = None
    """None if the server learns no words."""
    clock: Clock = time.monotonic
    metrics: Metrics = field(default_factory=lambda: Metrics(code.value for code in ErrorCode))
    phase: Phase = Phase.LOADING
    engine: Engine | None = None
    connections: set[OpenConnection] = field(default_factory=set)
    buckets: dict[str, TokenBucket] = field(default_factory=dict)
    """For keystrokes, by the id of their token. With the fixed token it is for requests only, because each
    connection has one of its own.
    """
    redeeming: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Codes are checked one at a time, so that each wrong code is counted before the next one is checked."""
    lockout: Lockout = field(init=False)
    """For wrong pairing codes that the user has typed."""
    link_lockout: Lockout = field(init=False)
    """For wrong pairing codes in links. Any page can open links, so they must not lock out codes that are
    typed, and the lockout is never long.
    """
    admission: Admission = field(init=False)
    tenants: Tenants = field(init=False)
    balance: Balance = field(init=False)
    lines: SparseLines = field(init=False)

    def __post_init__(self) -> None:
        self.lockout = Lockout(self.clock)
        self.link_lockout = Lockout(self.clock, longest=60.0)
        self.admission = Admission(self.tokens, self.clock)
        self.tenants = Tenants(self.quota, self.clock)
        self.balance = Balance(self.clock)
        self.lines = SparseLines(self.clock)

    def answered(self, outcome: Suggestion | Failure, elapsed_ms: float) -> None:
        """Count a keystroke's final answer."""
        if isinstance(outcome, Failure):
            self.metrics.failed(elapsed_ms)
        else:
            self.metrics.suggested(outcome.source.value, elapsed_ms, shown=bool(outcome.text))

    def traced_fields(self) -> TracedFields | None:
        """For one connection. None unless FORETYPE_TRACES is set."""
        traces = self.metrics.stages.traces
        return None if traces is None else TracedFields(traces)

    def bucket(self, client: Client) -> Bucket:
        """For keystrokes: the client's own limit and, with a signed token, the quota of its tenant."""
        if isinstance(client, Signed):
            return Both(self._own_bucket(f"signed {client.id}"), self.tenants.bucket(client.tenant))
        return self._own_bucket(client)

    def _own_bucket(self, owner: str) -> TokenBucket:
        if owner not in self.buckets:
            self.buckets[owner] = TokenBucket(
                self.limits.keystrokes_per_second, self.limits.keystroke_burst, self.clock
            )
        return self.buckets[owner]
