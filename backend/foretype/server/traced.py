"""The traced keystrokes of one connection, by their fields. Exists only if FORETYPE_TRACES is set."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from foretype.engine.contract import Failure
from foretype.engine.keystroke import Keystroke, Suggestion
from foretype.support.span_names import Attribute, Outcome
from foretype.support.stage import Stage

if TYPE_CHECKING:
    from foretype.support.traces import Traces


class TracesMissingError(Exception):
    """FORETYPE_TRACES is set, and the packages of the extra `trace` are not installed."""

    def __init__(self) -> None:
        super().__init__("FORETYPE_TRACES needs packages of OpenTelemetry, which are not installed.")


class Sending(NamedTuple):
    """A keystroke whose answer is being sent."""

    number: int
    is_final: bool


class TracedFields:
    """Decides when a keystroke's span ends: when its final answer was sent, or when nothing can be sent any
    more.
    """

    def __init__(self, traces: Traces) -> None:
        self._traces = traces
        self._newest: dict[str, int] = {}  # the number of a field's newest keystroke, if it is traced
        self._answered: set[int] = set()

    def keystroke(self, field: str, keystroke: Keystroke, ago_s: float) -> None:
        self._end(field, Outcome.OVERTAKEN)
        if self._traces.began(keystroke.trace, keystroke.traceparent, ago_s, keystroke.model):
            self._newest[field] = keystroke.trace

    def answered(self, field: str, outcome: Suggestion | Failure, elapsed_ms: float) -> None:
        """The final answer to the newest keystroke of a field."""
        if (number := self._newest.get(field)) is not None:
            self._answered.add(number)
            self._traces.note(number, {**_of(outcome), Attribute.ELAPSED_MS: elapsed_ms})

    def sending(self, field: str | None) -> Sending | None:
        """An answer for a field begins to be sent. `field`: None if the frame is no answer."""
        number = None if field is None else self._newest.get(field)
        return None if number is None else Sending(number, number in self._answered)

    def sent(self, field: str | None, sending: Sending | None, seconds: float) -> None:
        if sending is None:
            return
        self._traces.took(sending.number, Stage.SEND, seconds, {})
        if sending.is_final and field is not None and self._newest.get(field) == sending.number:
            self._end(field, Outcome.CLOSED)

    def left(self, field: str) -> None:
        self._end(field, Outcome.CLOSED)

    def gone(self) -> None:
        """The connection has ended."""
        for field in list(self._newest):
            self._end(field, Outcome.CLOSED)

    def _end(self, field: str, unanswered: Outcome) -> None:
        """`unanswered`: the outcome, if there was no final answer."""
        number = self._newest.pop(field, None)
        if number is None:
            return
        if number not in self._answered:
            self._traces.note(number, {Attribute.OUTCOME: unanswered.value})
        self._answered.discard(number)
        self._traces.ended(number)


def _of(outcome: Suggestion | Failure) -> dict[Attribute, str | float]:
    if isinstance(outcome, Failure):
        return {Attribute.OUTCOME: Outcome.ERROR.value, Attribute.CODE: outcome.code.value}
    found = {Attribute.SOURCE: outcome.source.value}
    if outcome.reason is None:
        return {Attribute.OUTCOME: Outcome.SHOWN.value, **found}
    return {Attribute.OUTCOME: Outcome.EMPTY.value, Attribute.REASON: outcome.reason.value, **found}
