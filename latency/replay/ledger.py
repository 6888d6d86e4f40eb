"""When each keystroke was sent, and when its answers came. Pure: the caller says what time it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Sent:
    """One keystroke: when it was sent, answered, and overtaken by the next one of its field; in seconds.

    `late` is how much later it went out than the typist meant to press the key: what the replay itself is
    to blame for. The final answer is a suggestion from `source`, which has a text or has none, or an error
    of the code `error`.
    """

    at: float
    late: float = 0.0
    first: float | None = None
    final: float | None = None
    overtaken: float | None = None
    source: str | None = None
    has_text: bool = False
    error: str | None = None

    def owed(self, budget_ms: float) -> bool:
        """Whether a final answer should have come and did not: nothing overtook it within the budget."""
        if self.final is not None:
            return False
        return self.overtaken is None or (self.overtaken - self.at) * 1000 > budget_ms


class Ledger:
    """The keystrokes of one field, by their `seq`."""

    def __init__(self) -> None:
        self._sent: dict[int, Sent] = {}
        self._latest: int | None = None

    def sent(self, seq: int, now: float, *, late: float = 0.0) -> None:
        if self._latest is not None:
            self._sent[self._latest].overtaken = now
        self._sent[seq] = Sent(now, late)
        self._latest = seq

    def is_latest(self, seq: int) -> bool:
        return seq == self._latest

    def suggestion(self, seq: int, source: str, *, final: bool, now: float, has_text: bool = False) -> None:
        """An answer came. One for a keystroke that was never sent is ignored: it is of no field of ours."""
        sent = self._sent.get(seq)
        if sent is None:
            return
        if sent.first is None:
            sent.first = now
        if final and sent.final is None:
            sent.final = now
            sent.source = source
            sent.has_text = has_text

    def error(self, seq: int, code: str, *, now: float) -> None:
        sent = self._sent.get(seq)
        if sent is not None and sent.final is None:
            sent.final = now
            sent.error = code

    def keystrokes(self) -> list[Sent]:
        return list(self._sent.values())
