"""What typists cost: arithmetic on prices by the hour. Pure."""

from __future__ import annotations

from dataclasses import dataclass

THOUSAND = 1000


@dataclass(frozen=True, slots=True)
class Fleet:
    """Machines that together cost `dollars` an hour, with so many typists on each."""

    machines: int
    dollars: float
    typists_each: int

    @property
    def typists(self) -> int:
        return self.machines * self.typists_each

    @property
    def thousand_per_hour(self) -> float | None:
        """Dollars an hour for a thousand typists; None where nobody is carried."""
        return THOUSAND * self.dollars / self.typists if self.typists else None


ARTICLE = Fleet(machines=200, dollars=150.0, typists_each=2)
"""As the article has it, read as one deployed model a machine and 150 dollars for all of them."""


def machines_for(typists: int, typists_each: int) -> int | None:
    """Machines that carry so many; None where one carries nobody."""
    return -(-typists // typists_each) if typists_each else None
