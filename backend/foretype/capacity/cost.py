"""The cost of typists, computed from the price of a machine for an hour. Pure."""

from __future__ import annotations

from dataclasses import dataclass

THOUSAND = 1000


@dataclass(frozen=True, slots=True)
class Fleet:
    """Machines that together cost `dollars` an hour, with `typists_each` typists on each machine."""

    machines: int
    dollars: float
    typists_each: int

    @property
    def typists(self) -> int:
        return self.machines * self.typists_each

    @property
    def price(self) -> float:
        """Of one machine, in dollars an hour."""
        return self.dollars / self.machines

    @property
    def thousand_per_hour(self) -> float | None:
        """Dollars an hour for a thousand typists. None if no typist is served."""
        return THOUSAND * self.dollars / self.typists if self.typists else None


ARTICLE = Fleet(machines=200, dollars=150.40, typists_each=2)
"""The figures of the article that Foretype began as an answer to: GPU machines, two users each."""


def machines_for(typists: int, typists_each: int) -> int | None:
    """The number of machines that serve `typists`. None if a machine serves no typist."""
    return -(-typists // typists_each) if typists_each else None
