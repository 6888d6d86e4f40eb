"""The closed sets of words that a trace consists of. Importing them loads no package of OpenTelemetry.

A span is named by a `Stage`, or `keystroke` or `run`. Its attributes are these and no others. Their values
are numbers, words of this program's own enumerations, or the name of the model. So no text, field, token or
address can be in a trace.
"""

from __future__ import annotations

from enum import StrEnum

KEYSTROKE = "keystroke"
RUN = "run"


class Attribute(StrEnum):
    MODEL = "foretype.model"  # the recipe's name
    OUTCOME = "foretype.outcome"  # of a keystroke: one of `Outcome`
    SOURCE = "foretype.source"  # of a suggestion
    REASON = "foretype.reason"  # why nothing is suggested
    CODE = "foretype.code"  # of an error
    ELAPSED_MS = "foretype.elapsed_ms"  # in the engine, as the answer says
    PURPOSE = "foretype.purpose"  # of a run of the model
    TOKENS = "foretype.tokens"
    RESULTS = "foretype.results"
    FIELDS = "foretype.fields"


class Outcome(StrEnum):
    """What became of a keystroke."""

    SHOWN = "shown"
    EMPTY = "empty"
    ERROR = "error"
    OVERTAKEN = "overtaken"  # by the next keystroke of its field
    CLOSED = "closed"  # the field or the connection was closed first


class SpanFate(StrEnum):
    """What became of a span."""

    SENT = "sent"
    FAILED = "failed"  # the collector did not take it
    DROPPED = "dropped"  # too many waited for the collector
