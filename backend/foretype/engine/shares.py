"""The model's time, shared equally: the owner that has used clearly less of it than others is next.

The idea is fair queueing by virtual time: start-time fair queueing (Goyal, Vin and Cheng 1996), as the
virtual token counter applies it to language models (Sheng et al. 2024, “Fairness in Serving Large Language
Models”). Each party has a sum of the model time that it has used. There are two levels, as in hierarchical
fair queueing (Bennett and Zhang 1996): tokens share the time equally, and people of the same token share its
part equally.

The sums count in steps of `STEP_S`, and among parties of the same step deadlines decide. Many people whose
texts are read at the same moment must not take turns: then no text would be read before its deadline.
docs/decisions/0021-fairness.md has what was tried.
"""

from __future__ import annotations

from collections import OrderedDict

from foretype.engine.contract import Owner

STEP_S = 0.25  # about the time that a text of 500 characters takes to be read
CREDIT_S = STEP_S  # of the time that an idle party did not use, it keeps this much
MOST_PARTIES = 4096  # whose sums are kept; the one that asked longest ago is forgotten first


class Sums:
    """Seconds of model time by party.

    Without the credit, a typist who uses less than a fair share would wait for all other parties after each
    run of a keystroke.
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
    """The sums of both levels."""

    def __init__(self) -> None:
        self._tokens = Sums()
        # The token that asked longest ago first. Of its people, no more is kept than of the token itself.
        self._people: OrderedDict[str, Sums] = OrderedDict()

    def asks(self, owner: Owner) -> None:
        """Call it each time before a field of `owner` waits for the model."""
        token = owner.token
        self._people[token] = self._people.pop(token) if token in self._people else Sums()
        if len(self._people) > MOST_PARTIES:
            self._people.popitem(last=False)
        for sums, party in self._levels(owner):
            sums.asks(party)

    def steps(self, owner: Owner) -> tuple[float, ...]:
        """Of all that wait, the one for which this is smallest is next; deadlines decide if it is equal."""
        return tuple(sums[party] // STEP_S for sums, party in self._levels(owner))

    def chosen(self, owner: Owner) -> None:
        """`owner` is the first of all that wait."""
        for sums, party in self._levels(owner):
            sums.chosen(party)

    def charge(self, owner: Owner, seconds: float) -> None:
        """A run took `seconds` for `owner`."""
        for sums, party in self._levels(owner):
            sums.charge(party, seconds)

    def _levels(self, owner: Owner) -> tuple[tuple[Sums, str], tuple[Sums, str]]:
        people = self._people.get(owner.token, _FORGOTTEN)
        return (self._tokens, owner.token), (people, owner.person)
