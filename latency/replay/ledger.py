"""Records when each keystroke was sent and when its answers came. Pure: the caller passes the time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class SentKeystroke:
    """One keystroke: when it was sent, answered, and overtaken by the next keystroke of its field, in
    seconds.

    `late` is how much later it was sent than the typist wanted to press the key, which is the typing
    program's fault. The final answer is a suggestion from `source` (with or without a text), or an error with
    the code `error`.
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
        """Whether a final answer was due and is missing: no later keystroke came within the budget."""
        if self.final is not None:
            return False
        return self.overtaken is None or (self.overtaken - self.at) * 1000 > budget_ms


class Ledger:
    """The record of one field's keystrokes, by their `seq`."""

    def __init__(self) -> None:
        self._sent: dict[int, SentKeystroke] = {}
        self._latest: int | None = None

    def sent(self, seq: int, now: float, *, late: float = 0.0) -> None:
        if self._latest is not None:
            self._sent[self._latest].overtaken = now
        self._sent[seq] = SentKeystroke(now, late)
        self._latest = seq

    def is_latest(self, seq: int) -> bool:
        return seq == self._latest

    def suggestion(self, seq: int, source: str, *, final: bool, now: float, has_text: bool = False) -> None:
        """Records an answer. An answer to a keystroke that was never sent is ignored."""
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

    def keystrokes(self) -> list[SentKeystroke]:
        return list(self._sent.values())
