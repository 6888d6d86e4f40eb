"""Replicas, machines and dollars an hour for a number of typists. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from foretype.capacity.cost import ARTICLE, THOUSAND, machines_for
from foretype.capacity.errors import NobodyServedError, PricesError
from foretype.capacity.measurement import Measurement

HEAD_ROOM = 0.25


@dataclass(frozen=True, slots=True)
class Wanted:
    """Typists who type at once. `head_room`: the share of what a server can serve that stays free, 0 to 1."""

    typists: int
    head_room: float = HEAD_ROOM
    servers_a_machine: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """Machines of one kind. `typists_each`: on one server, with the head room. `price`: of a machine."""

    kind: str
    model: str
    typists_each: int
    replicas: int
    machines: int
    price: float
    measured: Measurement | None = None  # None for the article

    @property
    def dollars(self) -> float:
        """For an hour of all machines."""
        return self.machines * self.price

    def thousand_per_hour(self, typists: int) -> float:
        return THOUSAND * self.dollars / typists


def plan_for(wanted: Wanted, measured: Measurement, price: float) -> Plan:
    """Raises `NobodyServedError`."""
    each = math.floor(measured.typists * (1 - wanted.head_room) + 1e-9)
    replicas = machines_for(wanted.typists, each)
    if replicas is None:
        raise NobodyServedError(measured.kind, measured.typists, wanted.head_room)
    machines = -(-replicas // wanted.servers_a_machine)
    return Plan(measured.kind, measured.model, each, replicas, machines, price, measured)


def plans_for(wanted: Wanted, measured: Sequence[Measurement], prices: Sequence[float]) -> list[Plan]:
    """One plan a measurement, with the prices in the same order. If there is none, the measurements' own are
    used. Raises `CapacityError`.
    """
    own = [one.price for one in measured if one.price is not None]
    given = prices or own
    if len(given) != len(measured):
        raise PricesError(len(measured), len(given))
    return [plan_for(wanted, one, price) for one, price in zip(measured, given, strict=True)]


def article_plan(wanted: Wanted) -> Plan:
    """The article's machines for as many typists. It names no head room, so there is none."""
    machines = machines_for(wanted.typists, ARTICLE.typists_each)
    assert machines is not None
    return Plan("the article", "DistilGPT2", ARTICLE.typists_each, machines, machines, ARTICLE.price)
