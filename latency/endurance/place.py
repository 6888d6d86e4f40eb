"""The server of a measurement, and the texts that are typed there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp

from latency.replay.connection import Connection


@dataclass(frozen=True, slots=True)
class Place:
    http: aiohttp.ClientSession
    address: str
    token: str
    texts: Sequence[str]

    def connection(self) -> Connection:
        return Connection(self.http, self.address, self.token)
