"""Computes the reported figures from the times and counts of typed texts. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields

from foretype.compare.typist.screen import ScreenTally
from latency.replay.ledger import Ledger, SentKeystroke


@dataclass(frozen=True, slots=True)
class TypedText:
    """One text that one typist typed, completely or until the time was over."""

    chars: int
    keys: int
    by_hand: int  # keys without suggestions: the characters, and what the slips cost
    screen: ScreenTally
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles of times in milliseconds, by nearest rank. None if there are no times."""

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
    """The nearest-rank percentile of numbers in ascending order. `share` is 0 to 1."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@dataclass(frozen=True, slots=True)
class Answers:
    """Figures of the answers to keystrokes. A share is 0 to 1, or None if there is nothing to divide by."""

    keystrokes: int
    answered: int  # with a suggestion or with an error
    overtaken: int  # no final answer, and none was due: a later keystroke came within the budget
    unanswered: int  # no final answer, although one was due
    over_budget: int
    over_budget_share: float | None
    text_share: float | None  # of the answered keystrokes, those whose final answer had a text
    first: Latency
    final: Latency  # of suggestions only: errors are answered faster
    late: Latency  # how late the typing program sent the keys
    sources: dict[str, int]
    errors_by_code: dict[str, int]

    def flat(self) -> dict[str, float | None]:
        """Every number by its name in `budget.toml`, including those of a subclass."""
        flat: dict[str, float | None] = {
            one.name: value
            for one in fields(self)
            if (value := getattr(self, one.name)) is None or isinstance(value, int | float)
        }
        for name, latency in (("first", self.first), ("final", self.final), ("late", self.late)):
            flat |= {f"{name}_{rank}_ms": value for rank, value in asdict(latency).items()}
        flat |= {
            f"{source}_share": share(self.sources.get(source, 0), self.answered)
            for source in ("tree", "model", "budget")
        }
        flat["errors"] = sum(self.errors_by_code.values())
        flat["overloaded"] = self.errors_by_code.get("overloaded", 0)
        return flat


@dataclass(frozen=True, slots=True)
class Figures(Answers):
    """The figures of a replay: the answers, and how useful they were."""

    texts: int
    chars: int
    keys: int
    by_hand: int
    saved_share: float | None  # 1 - keys / by_hand
    shown: int
    taken_share: float | None  # of the shown suggestions, those of which a word was accepted
    offers: int
    words_taken: int
    words_taken_share: float | None  # of the offered words
    replaced: int  # these three: changes of a visible suggestion that still agreed with the text
    withdrawn: int
    resized: int
    corrections: int  # words that were offered in place of what was typed
    corrections_taken_share: float | None


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def answers(sent: Sequence[SentKeystroke], *, budget_ms: float) -> Answers:
    """`budget_ms` is the time in which the server promises an answer."""
    waits = waited(sent, budget_ms=budget_ms)
    finals = [_ms(one, one.final) for one in sent if one.final is not None]
    unanswered = sum(one.owed(budget_ms) for one in sent)
    over_budget = sum(ms > budget_ms for ms in finals) + unanswered
    return Answers(
        keystrokes=len(sent),
        answered=len(finals),
        overtaken=len(sent) - len(finals) - unanswered,
        unanswered=unanswered,
        over_budget=over_budget,
        over_budget_share=share(over_budget, len(finals) + unanswered),
        text_share=share(sum(one.has_text for one in sent), len(finals)),
        first=Latency.of(waits.first),
        final=Latency.of(waits.final),
        late=Latency.of(one.late * 1000 for one in sent),
        sources=dict(Counter(one.source for one in sent if one.source is not None)),
        errors_by_code=dict(Counter(one.error for one in sent if one.error is not None)),
    )


@dataclass(frozen=True, slots=True)
class Waits:
    """Milliseconds to the first and to the final suggestions, in no order. `owed` is the number of keystrokes
    for which an answer was due.
    """

    first: list[float]
    final: list[float]
    owed: int


def waited(sent: Sequence[SentKeystroke], *, budget_ms: float) -> Waits:
    firsts = [_ms(one, one.first) for one in sent if one.first is not None]
    finals = [_ms(one, one.final) for one in sent if one.source is not None]
    return Waits(firsts, finals, sum(one.final is not None or one.owed(budget_ms) for one in sent))


def keystrokes(typed: Iterable[TypedText]) -> list[SentKeystroke]:
    return [sent for text in typed for sent in text.ledger.keystrokes()]


def summarise(typed: Sequence[TypedText], *, budget_ms: float) -> Figures:
    """The figures of all texts together."""
    answered = answers(keystrokes(typed), budget_ms=budget_ms)
    chars, keys, by_hand = (sum(getattr(s, name) for s in typed) for name in ("chars", "keys", "by_hand"))
    counted = {one.name: sum(getattr(s.screen, one.name) for s in typed) for one in fields(ScreenTally)}
    return Figures(
        **{one.name: getattr(answered, one.name) for one in fields(Answers)},
        texts=len(typed),
        chars=chars,
        keys=keys,
        by_hand=by_hand,
        saved_share=1 - keys / by_hand if by_hand else None,
        shown=counted["shown"],
        taken_share=share(counted["taken"], counted["shown"]),
        offers=counted["offers"],
        words_taken=counted["words_taken"],
        words_taken_share=share(counted["words_taken"], counted["offers"]),
        replaced=counted["replaced"],
        withdrawn=counted["withdrawn"],
        resized=counted["resized"],
        corrections=counted["corrections"],
        corrections_taken_share=share(counted["corrections_taken"], counted["corrections"]),
    )


def _ms(sent: SentKeystroke, when: float | None) -> float:
    assert when is not None
    return (when - sent.at) * 1000
