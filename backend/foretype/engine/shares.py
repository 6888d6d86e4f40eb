"""The model's time, shared equally: the party that has used the least of it is next.

The idea is fair queueing by virtual time: start-time fair queueing (Goyal, Vin and Cheng 1996), as the
virtual token counter applies it to language models (Sheng et al. 2024, “Fairness in Serving Large Language
Models”). Each party has a sum of the model time that it has used, and the party with the smallest sum is
next. There are three levels, as in hierarchical fair queueing (Bennett and Zhang 1996):

- Typing and reading share the time equally. A keystroke of typing needs few tokens, so many people can type
  beside long reads that never end.
- Tokens share the time of typing equally, and that of reading.
- People of the same token share its part equally.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum

from foretype.engine.contract import Owner

CREDIT_S = 0.1  # about the most that one keystroke needs: a dozen runs of one token
STEP_S = 0.05  # sums that differ by less count as equal: then deadlines decide, as among many who only type
MOST_PARTIES = 4096  # whose sums are kept; the one that asked longest ago is forgotten first


class Purpose(StrEnum):
    """The purpose of a run, by the number of tokens that its field lacks."""

    TYPING = "typing"  # few
    READING = "reading"  # many, or not known yet


@dataclass(frozen=True, slots=True)
class Demand:
    """The owner that needs the model, and the purpose."""

    purpose: Purpose
    owner: Owner


class Sums:
    """Seconds of model time by party.

    A party that was idle keeps only `CREDIT_S` of the time that it did not use. Without this credit, a typist
    who uses less than a fair share would wait for all other parties after each run of a keystroke.
    """

    def __init__(self) -> None:
        self._used: OrderedDict[str, float] = OrderedDict()  # the party that asked longest ago first
        self._now = 0.0  # the virtual time: the largest sum with which a party was chosen

    def __getitem__(self, party: str) -> float:
        return self._used.get(party, self._now)

    def __len__(self) -> int:
        return len(self._used)

    def asks(self, party: str) -> None:
        """`party` needs the model. An unknown party starts without credit, so that nobody gains by asking
        under new names.
        """
        used = self._used.pop(party, self._now)
        self._used[party] = max(used, self._now - CREDIT_S)
        if len(self._used) > MOST_PARTIES:
            self._used.popitem(last=False)

    def chosen(self, party: str) -> None:
        """`party` gets the next run: its sum is the smallest of all, or less than `STEP_S` larger."""
        self._now = max(self._now, self[party])

    def charge(self, party: str, seconds: float) -> None:
        """A run took `seconds` for `party`."""
        if party in self._used:
            self._used[party] += seconds


_FORGOTTEN = Sums()
"""The people of a token that is no longer kept. It stays empty, because nobody asks here."""


class Shares:
    """The sums of all three levels."""

    def __init__(self) -> None:
        self._purposes = Sums()
        self._tokens = {purpose: Sums() for purpose in Purpose}
        # The token that asked longest ago first. Of its people, no more is kept than of the token itself.
        self._people: OrderedDict[tuple[Purpose, str], Sums] = OrderedDict()

    def asks(self, demand: Demand) -> None:
        """Call it each time before a field waits for the model."""
        key = (demand.purpose, demand.owner.token)
        self._people[key] = self._people.pop(key) if key in self._people else Sums()
        if len(self._people) > MOST_PARTIES:
            self._people.popitem(last=False)
        for sums, party in self._levels(demand):
            sums.asks(party)

    def used(self, demand: Demand) -> tuple[float, ...]:
        """Of all that wait, the one for which this is smallest is next; deadlines decide if it is equal. The
        sums of owners are in whole steps.
        """
        (purposes, purpose), *owners = self._levels(demand)
        return purposes[purpose], *(sums[party] // STEP_S for sums, party in owners)

    def chosen(self, demand: Demand) -> None:
        """`demand` is the first of all that wait."""
        for sums, party in self._levels(demand):
            sums.chosen(party)

    def charge(self, demand: Demand, seconds: float) -> None:
        """A run took `seconds` for `demand`."""
        for sums, party in self._levels(demand):
            sums.charge(party, seconds)

    def _levels(self, demand: Demand) -> tuple[tuple[Sums, str], ...]:
        purpose, owner = demand.purpose, demand.owner
        people = self._people.get((purpose, owner.token), _FORGOTTEN)
        return (self._purposes, purpose), (self._tokens[purpose], owner.token), (people, owner.person)
