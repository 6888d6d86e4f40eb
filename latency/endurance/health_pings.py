"""Stalls of a server's event loop, seen from outside: how long `GET /healthz` takes, asked every 20 ms.

The time includes the way there and back, and the wait for a processor core on a busy machine. So it is an
upper limit of the stall, and a stall shorter than the time between two requests may be missed.
"""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from latency.replay.figures import Latency

EVERY_S = 0.020
STALL_MS = 50.0


@dataclass(slots=True)
class Pings:
    """`took_ms`: of each request. `failed`: requests without the status 200."""

    took_ms: list[float] = field(default_factory=list)
    failed: int = 0

    def flat(self) -> dict[str, float | None]:
        took = self.took_ms
        latency = Latency.of(took)
        stalls = sum(ms > STALL_MS for ms in took)
        return {
            "pings": float(len(took)),
            "pings_failed": float(self.failed),
            "stalls": float(stalls),
            "stall_share": stalls / len(took) if took else None,
            "ping_p50_ms": latency.p50,
            "ping_p99_ms": latency.p99,
            "ping_worst_ms": latency.worst,
        }


@contextlib.contextmanager
def pinging(address: str, pings: Pings) -> Iterator[None]:
    """Inside the `with` block a thread asks. Not the event loop, whose own work would count as a stall."""
    end = threading.Event()
    thread = threading.Thread(target=_ping, args=(address, pings, end), daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def _ping(address: str, pings: Pings, end: threading.Event) -> None:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    while not end.wait(EVERY_S):
        began = time.perf_counter()
        try:
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            answer.read()
            pings.failed += answer.status != 200
        except (OSError, http.client.HTTPException):
            connection.close()  # the next request opens a new connection
            pings.failed += 1
        pings.took_ms.append((time.perf_counter() - began) * 1000)
    connection.close()
