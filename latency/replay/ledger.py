"""When each keystroke was sent, and when its answers came. Pure: the caller says what time it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass


@dataclass(slots=True)
class Sent:
    """One keystroke: when it was sent, answered, and overtaken by the next one of its field; in seconds."""

    at: float
    first: float | None = None
    final: float | None = None
    overtaken: float | None = None


class Ledger:
    """The keystrokes of one field, by their `seq`."""

    def __init__(self) -> None:
        self.sources: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self._sent: dict[int, Sent] = {}
        self._latest: int | None = None

    def sent(self, seq: int, now: float) -> None:
        if self._latest is not None:
            self._sent[self._latest].overtaken = now
        self._sent[seq] = Sent(now)
        self._latest = seq

    def is_latest(self, seq: int) -> bool:
        return seq == self._latest

    def suggestion(self, seq: int, source: str, *, final: bool, now: float) -> None:
        """An answer came. One for a keystroke that was never sent is ignored: it is of no field of ours."""
        sent = self._sent.get(seq)
        if sent is None:
            return
        if sent.first is None:
            sent.first = now
        if final and sent.final is None:
            sent.final = now
            self.sources[source] += 1

    def error(self, seq: int, code: str, *, now: float) -> None:
        sent = self._sent.get(seq)
        if sent is not None and sent.final is None:
            sent.final = now
            self.errors[code] += 1

    def keystrokes(self) -> list[Sent]:
        return list(self._sent.values())
