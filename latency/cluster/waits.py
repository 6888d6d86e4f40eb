"""How long pressed keys wait for an answer. Pure: the caller passes the time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Wait:
    """A time without an answer, in seconds of the clock: from a key until the first suggestion for it or for
    a later key.
    """

    key_at: float
    answered_at: float

    @property
    def seconds(self) -> float:
        return self.answered_at - self.key_at


@dataclass(slots=True)
class Waits:
    """Of one typist. An error is no answer: the typist goes on waiting."""

    ended: list[Wait] = field(default_factory=list)
    _pressed: deque[tuple[int, float]] = field(default_factory=deque)  # numbers and times of keys, in order

    def pressed(self, key: int, now: float) -> None:
        """`key`: a number that grows with each key."""
        self._pressed.append((key, now))

    def answered(self, key: int, now: float) -> None:
        """The final suggestion for this key has come, with a text or without. An old answer counts, too, as
        long as no answer to a later key has come.
        """
        if not self._pressed or key < self._pressed[0][0]:
            return
        self.ended.append(Wait(self._pressed[0][1], now))
        while self._pressed and self._pressed[0][0] <= key:
            self._pressed.popleft()

    @property
    def is_waiting(self) -> bool:
        """Whether the newest key has no answer."""
        return bool(self._pressed)

    def longest(self, begin: float, end: float) -> float:
        """The longest time without an answer of those that began in this span, in seconds."""
        return max((one.seconds for one in self.ended if begin <= one.key_at < end), default=0.0)
