"""The sockets of this server and of all servers behind a load balancer, as the balancer counts them.

With each health check HAProxy sends the header `X-Haproxy-Server-State` (`http-check send-state`,
https://docs.haproxy.org/2.6/configuration.html), such as

    UP; address=127.0.0.1; port=22701; name=servers/s01; node=lb1; weight=1/3; scur=12/24; qcur=0

A server therefore knows its share of the sockets without a setting, and without knowing the other servers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from foretype.support.clock import Clock

HEADER = "X-Haproxy-Server-State"
STALE_SECONDS = 5.0
"""A balancer asks more often than this. An older report is out of date."""
LONGEST = 1000  # characters: a longer header does not come from HAProxy

_COUNTS = re.compile(r"; weight=(\d{1,9})/(\d{1,9}); scur=(\d{1,9})/(\d{1,9})(?:;|$)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Report:
    """weight: of this server. weights: the sum for all servers that are up. sockets: that are open at this
    server. all_sockets: that are open at all servers, also at those that are not up.
    """

    weight: int
    weights: int
    sockets: int
    all_sockets: int

    @property
    def share(self) -> float:
        """The number of sockets that this server should have."""
        return self.all_sockets * self.weight / self.weights


def read(header: str) -> Report | None:
    """The report in the header's value. None if there is none, or if no server is up."""
    found = None if len(header) > LONGEST else _COUNTS.search(header)
    if found is None:
        return None
    report = Report(*map(int, found.groups()))
    return report if report.weights > 0 else None


class Balance:
    """Keeps the newest report. Several balancers may report in turns: each counts its own sockets only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._report: Report | None = None
        self._at = 0.0

    def said(self, header: str) -> None:
        self._report = read(header)
        self._at = self._clock()

    @property
    def report(self) -> Report | None:
        """None if no balancer has reported in the last seconds."""
        return self._report if self._clock() - self._at <= STALE_SECONDS else None
