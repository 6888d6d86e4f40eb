"""The model's time, shared equally by owners: which of them has used the least.

The idea is fair queueing by virtual time: start-time fair queueing (Goyal, Vin and Cheng 1996), as the
virtual token counter applies it to language models (Sheng et al. 2024, “Fairness in Serving Large Language
Models”). Each party has a sum of the model time that it has used, and the party with the smallest sum is
next. A party that was idle keeps only `CREDIT_S` of the time that it did not use. Without this credit, a
typist who uses less than a fair share would wait for all other parties after each run of a keystroke.
"""

from __future__ import annotations

from collections import OrderedDict

from foretype.engine.contract import Owner

CREDIT_S = 0.1  # about the most that one keystroke needs: a dozen runs of one token
MOST_PARTIES = 4096  # whose sums are kept; the one that asked longest ago is forgotten first


class Sums:
    """Seconds of model time by party."""

    def __init__(self) -> None:
        self._used: OrderedDict[str, float] = OrderedDict()  # the party that asked longest ago first
        self._now = 0.0  # the virtual time: the largest sum with which a party was chosen

    def __getitem__(self, party: str) -> float:
        return self._used.get(party, self._now)

    def asks(self, party: str) -> None:
        """`party` needs the model. An unknown party starts without credit, so that nobody gains by asking
        under new names.
        """
        used = self._used.pop(party, self._now)
        self._used[party] = max(used, self._now - CREDIT_S)
        if len(self._used) > MOST_PARTIES:
            self._used.popitem(last=False)

    def chosen(self, party: str) -> None:
        """`party`, which has the smallest sum of all that ask, gets the next run."""
        self._now = max(self._now, self._used.get(party, 0.0))

    def charge(self, party: str, seconds: float) -> None:
        """A run took `seconds` for `party`."""
        if party in self._used:
            self._used[party] += seconds


class Shares:
    """Tokens share the model's time equally, and the people of a token share its part equally."""

    def __init__(self) -> None:
        self._tokens = Sums()
        self._people: dict[str, Sums] = {}  # by token

    def asks(self, owner: Owner) -> None:
        """Call it each time before `owner` waits for the model."""
        self._tokens.asks(owner.token)
        self._people.setdefault(owner.token, Sums()).asks(owner.person)

    def used(self, owner: Owner) -> tuple[float, float]:
        """For an owner that waits. The smaller this is, the sooner it is the owner's turn."""
        return self._tokens[owner.token], self._people[owner.token][owner.person]

    def chosen(self, owner: Owner) -> None:
        """`owner` comes first of all that wait."""
        self._tokens.chosen(owner.token)
        self._people[owner.token].chosen(owner.person)

    def charge(self, owner: Owner, seconds: float) -> None:
        """A run took `seconds` for `owner`."""
        self._tokens.charge(owner.token, seconds)
        self._people[owner.token].charge(owner.person, seconds)
