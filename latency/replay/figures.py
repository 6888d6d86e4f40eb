"""From what was counted to the figures that are reported. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields

from latency.replay.ledger import Ledger, Sent
from latency.replay.screen import ScreenTally


@dataclass(frozen=True, slots=True)
class Session:
    """One text as one typist typed it, whole or as far as time allowed."""

    chars: int
    keys: int
    corrections: int
    screen: ScreenTally
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from a keystroke to its answer, by nearest rank; None where nothing was answered."""

    p50: float | None
    p95: float | None
    p99: float | None
    worst: float | None

    @classmethod
    def of(cls, milliseconds: Iterable[float]) -> Latency:
        ordered = sorted(milliseconds)
        if not ordered:
            return cls(None, None, None, None)
        p50, p95, p99 = (percentile(ordered, share) for share in (0.50, 0.95, 0.99))
        return cls(p50, p95, p99, ordered[-1])


def percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of numbers in rising order; `share` is 0 to 1."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a replay found. Shares are 0 to 1 and None where there is nothing to take a share of."""

    texts: int
    chars: int
    keys: int
    corrections: int
    saved_share: float | None  # 1 - keys / (characters + what slips cost)
    shown: int
    taken_share: float | None  # of the showings, those of which a word was taken
    offers: int
    words_taken: int
    words_taken_share: float | None  # of the offered words
    replaced: int
    withdrawn: int
    resized: int
    keystrokes: int
    answered: int
    overtaken: int  # no final answer, and none was owed: a later keystroke came within the budget
    unanswered: int  # no final answer, and one was owed
    over_budget: int
    over_budget_share: float | None
    first: Latency
    final: Latency
    sources: dict[str, int] = field(default_factory=dict)
    errors_by_code: dict[str, int] = field(default_factory=dict)

    def flat(self) -> dict[str, float | None]:
        """Every number by its name in `budget.toml`."""
        flat: dict[str, float | None] = {
            one.name: value
            for one in fields(self)
            if (value := getattr(self, one.name)) is None or isinstance(value, int | float)
        }
        for name, latency in (("first", self.first), ("final", self.final)):
            flat |= {f"{name}_{rank}_ms": value for rank, value in asdict(latency).items()}
        flat |= {
            f"{source}_share": share(self.sources.get(source, 0), self.answered)
            for source in ("tree", "model", "budget")
        }
        flat["errors"] = sum(self.errors_by_code.values())
        flat["overloaded"] = self.errors_by_code.get("overloaded", 0)
        return flat


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def summarise(sessions: Sequence[Session], *, budget_ms: float) -> Figures:
    """The figures of all sessions together. `budget_ms` is what the server promises."""
    sent = [keystroke for session in sessions for keystroke in session.ledger.keystrokes()]
    firsts = [_ms(k, k.first) for k in sent if k.first is not None]
    finals = [_ms(k, k.final) for k in sent if k.final is not None]
    unanswered = sum(_owed(k, budget_ms) for k in sent)
    over_budget = sum(ms > budget_ms for ms in finals) + unanswered
    sources: Counter[str] = sum((s.ledger.sources for s in sessions), Counter())
    errors: Counter[str] = sum((s.ledger.errors for s in sessions), Counter())
    chars, keys, corrections = (
        sum(getattr(s, name) for s in sessions) for name in ("chars", "keys", "corrections")
    )
    counted = {one.name: sum(getattr(s.screen, one.name) for s in sessions) for one in fields(ScreenTally)}
    without = chars + corrections
    return Figures(
        texts=len(sessions),
        chars=chars,
        keys=keys,
        corrections=corrections,
        saved_share=1 - keys / without if without else None,
        shown=counted["shown"],
        taken_share=share(counted["taken"], counted["shown"]),
        offers=counted["offers"],
        words_taken=counted["words_taken"],
        words_taken_share=share(counted["words_taken"], counted["offers"]),
        replaced=counted["replaced"],
        withdrawn=counted["withdrawn"],
        resized=counted["resized"],
        keystrokes=len(sent),
        answered=len(finals),
        overtaken=len(sent) - len(finals) - unanswered,
        unanswered=unanswered,
        over_budget=over_budget,
        over_budget_share=share(over_budget, len(finals) + unanswered),
        first=Latency.of(firsts),
        final=Latency.of(finals),
        sources=dict(sources),
        errors_by_code=dict(errors),
    )


def _ms(keystroke: Sent, when: float | None) -> float:
    assert when is not None
    return (when - keystroke.at) * 1000


def _owed(keystroke: Sent, budget_ms: float) -> bool:
    """Whether a final answer should have come and did not: nothing overtook it within the budget."""
    if keystroke.final is not None:
        return False
    return keystroke.overtaken is None or (keystroke.overtaken - keystroke.at) * 1000 > budget_ms
