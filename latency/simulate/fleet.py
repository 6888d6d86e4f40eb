"""Many servers through a day: sockets, a scaler as Kubernetes's, an update, and the loss of a zone.

Time goes in steps of 15 s, which is how often the HorizontalPodAutoscaler decides. Keystrokes are not
simulated one by one here: what a server does with its typists is read from `Curve`.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from latency.simulate.curve import Curve
from latency.simulate.day import DAY_S, HOUR_S, Day, People

STEP_S = 15.0
ZONES = 3
NOWHERE = -1  # the server of a person without a socket


@dataclass(frozen=True, slots=True)
class Scaling:
    """The scaler, with Kubernetes's defaults where it has them. `target`: of the busy share.

    tolerance: of the ratio to the target. up_factor, up_least: at most so many times as many, or so many
    more, in one step. calm_s: the largest number wanted in this time is kept. window_s: of the rate.
    """

    target: float = 0.5
    least: int = 3
    most: int = 2000
    tolerance: float = 0.1
    up_factor: float = 2.0
    up_least: int = 4
    calm_s: float = 300.0
    window_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Machines:
    """start_s: from the decision until a new replica is ready, on average: a machine, the image, the model.
    price: dollars an hour for a replica. dark_s: a typist who is moved gets no answer for so long, and read_s
    of model time are needed to read the text again. socket_s: a socket's longest age; half of it is the
    shortest.
    """

    start_s: float = 120.0
    price: float = 0.08
    dark_s: float = 0.34
    read_s: float = 0.09
    socket_s: float = 1800.0


@dataclass(frozen=True, slots=True)
class Events:
    """Hours of the day. None: it does not happen. surge: the share of additional replicas in an update."""

    update: float | None = 9.25
    zone_lost: float | None = 14.5
    surge: float = 0.25


@dataclass(eq=False, slots=True)
class Replica:
    number: int
    zone: int
    version: int
    ready_at: float


@dataclass(frozen=True, slots=True)
class Moment:
    """One step. `keystrokes` and `missed` are counts in it; `busy` is the mean of the ready replicas."""

    at: float
    people: int
    typing: int
    ready: int
    paid: int
    busy: float
    keystrokes: float
    missed: float
    moved: int


class Fleet:
    """Call `run` once. The same seed gives the same day."""

    def __init__(
        self, curve: Curve, day: Day, scaling: Scaling, machines: Machines, events: Events, seed: int
    ) -> None:
        self._curve = curve
        self._scaling = scaling
        self._machines = machines
        self._events = events
        self._rng = np.random.default_rng(seed)
        self._people = People(day, self._rng)
        self._replicas: list[Replica] = []
        self._numbers = count()
        self._version = 0
        self._zones = list(range(ZONES))
        self._wanted = scaling.least
        self._busy: deque[float] = deque(maxlen=round(scaling.window_s / STEP_S))
        self._wishes: deque[int] = deque(maxlen=round(scaling.calm_s / STEP_S))
        self._server = np.full(day.people, NOWHERE)
        self._closes = np.zeros(day.people)  # when each person's socket is too old
        self._start(self._wanted, -DAY_S)

    def run(self) -> list[Moment]:
        return [self._step(number * STEP_S) for number in range(1, round(DAY_S / STEP_S) + 1)]

    # -- one step --

    def _step(self, now: float) -> Moment:
        self._people.step(now, STEP_S)
        self._happen(now)
        self._replace(now)
        # In ascending order, because replicas are appended in that of their numbers.
        ready = np.array([replica.number for replica in self._ready(now)], np.int64)
        moved = self._connect(now, ready)
        moment = self._work(now, ready, moved)
        self._scale(len(ready), moment.busy)
        return moment

    def _happen(self, now: float) -> None:
        """The update begins, or a zone is lost with all its replicas."""
        if _is_now(self._events.update, now):
            self._version += 1
        if _is_now(self._events.zone_lost, now):
            lost = self._zones.pop()
            self._replicas = [replica for replica in self._replicas if replica.zone != lost]

    def _replace(self, now: float) -> None:
        """Start missing replicas, and end surplus ones, as a Deployment with maxUnavailable 0 does."""
        old = [replica for replica in self._replicas if replica.version < self._version]
        surge = math.ceil(self._events.surge * self._wanted) if old else 0
        new = len(self._replicas) - len(old)
        self._start(min(self._wanted + surge - len(self._replicas), self._wanted - new), now)
        spare = len(self._ready(now)) - self._wanted
        # Old ones end first, then the youngest: replicas that are not ready yet are the youngest.
        order = sorted(self._replicas, key=lambda one: (one.version, -one.ready_at))
        ending = sorted(order, key=lambda one: one.ready_at <= now and one.version == self._version)
        too_many = len(self._replicas) - self._wanted - (surge if old else 0)
        for replica in ending:
            if replica.ready_at > now:
                ends, too_many = too_many > 0, too_many - 1
            else:
                ends, spare = spare > 0, spare - 1
            if ends:
                self._replicas.remove(replica)

    def _start(self, replicas: int, now: float) -> None:
        for _ in range(replicas):
            in_zones = [sum(one.zone == zone for one in self._replicas) for zone in self._zones]
            zone = self._zones[int(np.argmin(in_zones))]
            ready_at = now + self._machines.start_s * self._rng.uniform(0.75, 1.5)
            self._replicas.append(Replica(next(self._numbers), zone, self._version, ready_at))

    def _ready(self, now: float) -> list[Replica]:
        return [replica for replica in self._replicas if replica.ready_at <= now]

    def _connect(self, now: float, ready: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Sockets of people who came, whose replica is gone, or whose socket is old, go to the replicas that
        have the fewest. Returns who had a socket before.
        """
        there = self._people.there
        kept = there & np.isin(self._server, ready) & (self._closes > now)
        moved: NDArray[np.bool_] = there & ~kept & (self._server != NOWHERE)
        self._server[~there] = NOWHERE
        searching = np.flatnonzero(there & ~kept)
        if not len(ready) or not len(searching):
            self._server[searching] = NOWHERE
            return moved
        more = fewest_first(_on_each(self._server[kept], ready), len(searching))
        self._server[self._rng.permutation(searching)] = np.repeat(ready, more)
        lasts = self._rng.uniform(0.5, 1.0, len(searching)) * self._machines.socket_s
        self._closes[searching] = now + lasts
        return moved

    def _work(self, now: float, ready: NDArray[np.int64], moved: NDArray[np.bool_]) -> Moment:
        typing = self._people.typing
        rate = self._curve.keystrokes_a_typist_s
        keystrokes = rate * STEP_S * float(typing.sum())
        dark = rate * self._machines.dark_s * float((moved & typing).sum())
        people = int(self._people.there.sum())
        if not len(ready):
            paid = len(self._replicas)
            return Moment(now, people, int(typing.sum()), 0, paid, 1.0, keystrokes, keystrokes, 0)
        served = typing & (self._server != NOWHERE)
        on_each = _on_each(self._server[served], ready)
        reading = _on_each(self._server[served & moved], ready) * self._machines.read_s / STEP_S
        # Reading the texts of those who were moved takes as much of the model as some more typists do.
        a_typist = self._curve.busy[1] / self._curve.typists[1]
        load = on_each + reading / a_typist
        missed = float((self._curve.missed_at(load) * on_each).sum()) * rate * STEP_S + dark
        return Moment(
            at=now,
            people=people,
            typing=int(typing.sum()),
            ready=len(ready),
            paid=len(self._replicas),
            busy=float(self._curve.busy_at(load).mean()),
            keystrokes=keystrokes,
            missed=min(missed, keystrokes),
            moved=int(moved.sum()),
        )

    def _scale(self, ready: int, busy: float) -> None:
        """Kubernetes's rule: so many replicas that the mean comes to the target."""
        scaling = self._scaling
        self._busy.append(busy)
        ratio = float(np.mean(self._busy)) / scaling.target
        wish = self._wanted
        if abs(ratio - 1) > scaling.tolerance:
            wish = math.ceil(ready * ratio)
        highest = max(self._wanted * scaling.up_factor, self._wanted + scaling.up_least)
        wish = int(min(max(wish, scaling.least), scaling.most, highest))
        self._wishes.append(wish)
        self._wanted = wish if wish > self._wanted else min(self._wanted, max(self._wishes))


def fewest_first(sockets: NDArray[np.int64], more: int) -> NDArray[np.int64]:
    """How many of `more` sockets each server gets, if each goes to the server that has the fewest."""
    order = np.argsort(sockets, kind="stable")
    sorted_sockets = sockets[order]
    # To lift the k lowest to the next one's level takes so many sockets:
    needed = np.arange(len(sockets)) * sorted_sockets - (np.cumsum(sorted_sockets) - sorted_sockets)
    lifted = int(np.searchsorted(needed, more, side="right"))
    level, rest = divmod(more + int(sorted_sockets[:lifted].sum()), lifted)
    got = np.zeros(len(sockets), np.int64)
    got[order[:lifted]] = level - sorted_sockets[:lifted]
    got[order[:rest]] += 1
    return got


def _on_each(servers: NDArray[np.int64], numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often each of `numbers`, which ascend, is in `servers`. There is nothing else in it."""
    return np.bincount(np.searchsorted(numbers, servers), minlength=len(numbers))


def _is_now(hour: float | None, now: float) -> bool:
    return hour is not None and now - STEP_S < hour * HOUR_S <= now
