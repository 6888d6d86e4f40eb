"""Keystrokes and suggestions: the values that pass between the protocol, the engine and the tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from foretype.models.field_kind import FieldKind


class Source(StrEnum):
    """The way in which a suggestion was found (`source` in the protocol)."""

    TREE = "tree"  # without a model run for this keystroke
    MODEL = "model"
    BUDGET = "budget"  # the best that was found before the budget was used up


class Reason(StrEnum):
    """The reason why nothing is suggested (`reason` in the protocol)."""

    UNLIKELY = "unlikely"
    DISMISSED = "dismissed"
    NO_CONTEXT = "no_context"
    UNSUPPORTED_TEXT = "unsupported_text"
    BUDGET = "budget"


class Sureness(StrEnum):
    """How sure the server must be of a suggestion (`sureness` in the protocol)."""

    EAGER = "eager"
    BALANCED = "balanced"
    CALM = "calm"


@dataclass(frozen=True, slots=True)
class Context:
    """The texts around a field (`context` in the protocol). A member is None if the client sent none.

    answered: the mail that is answered.
    label: what the page calls the field.
    """

    answered: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Keystroke:
    """One state of one field. `before` and `after` may hold any code point, also lone surrogates and NUL."""

    seq: int
    before: str
    after: str = ""
    max_chars: int | None = None
    max_words: int | None = None
    sureness: Sureness = Sureness.BALANCED
    alternatives: int = 0
    kind: FieldKind | None = None
    subject: str | None = None
    corrections: bool = False  # whether the client can show a word in place of the one that is typed
    context: Context | None = None
    learn: bool = False  # whether the field's text may be learnt (foretype.words)
    model: str | None = None  # the one that is to answer; None: the default one
    traceparent: str | None = None  # the client's span that the keystroke's span belongs to
    trace: int = field(default=0, compare=False)  # the server's number for it in the log; 0: none


@dataclass(frozen=True, slots=True)
class Continuation:
    """A text that continues `before` exactly, and the probability, 0 to 1, that all of it is typed next.

    replaces: characters at the end of `before` in whose place the text stands, because they are a slip.
    """

    text: str
    confidence: float
    replaces: int = 0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The answer to one keystroke. `reason` is set if and only if `text` is empty. `replaces`: as in
    `Continuation`.
    """

    text: str
    confidence: float
    source: Source
    reason: Reason | None = None
    alternatives: tuple[Continuation, ...] = ()
    replaces: int = 0

    @classmethod
    def nothing(cls, reason: Reason, source: Source = Source.TREE) -> Suggestion:
        return cls(text="", confidence=0.0, source=source, reason=reason)
