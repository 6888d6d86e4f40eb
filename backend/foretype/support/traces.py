"""Keystrokes and runs of the model as spans of OpenTelemetry.

Imported only if FORETYPE_TRACES is set. A keystroke is a span, and each of its stages is a child of it. A
run of the model may serve several keystrokes, so it is a trace of its own with a link to each of them: this
is how OpenTelemetry's specification describes batches.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    TraceFlags,
    Tracer,
    set_span_in_context,
)

from foretype.support.span_names import KEYSTROKE, RUN, Attribute
from foretype.support.stage import RunPurpose, Stage

NANOSECONDS = 1_000_000_000
NOWHERE = Context()
_COUNTS = {"tokens": Attribute.TOKENS, "fields": Attribute.FIELDS}


@dataclass(frozen=True, slots=True)
class _Took:
    """A stage that has ended. `run`: that the stage waited for."""

    stage: Stage
    began_ns: int
    ended_ns: int
    counts: Mapping[str, int]
    run: SpanContext | None


@dataclass(slots=True)
class _Open:
    """A keystroke that is traced, until its answer was sent. `run`: the last one that has served it.

    Spans of its stages are made at its end, so that the answer need not wait for them.
    """

    span: Span
    began_ns: int
    stages: list[_Took] = field(default_factory=list)
    run: SpanContext | None = None


class Traces:
    """Lives on the event loop. A keystroke is named by its number in the log (`Keystroke.trace`); calls for a
    keystroke that is not traced do nothing.
    """

    def __init__(
        self,
        tracer: Tracer,
        share: float,
        chance: Callable[[], float] = random.random,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """`share`: of the keystrokes, and of the runs that no keystroke waits for, 0 to 1."""
        self.model = ""  # the default one
        self._tracer = tracer
        self._share = share
        self._chance = chance
        self._now_ns = now_ns
        self._open: dict[int, _Open] = {}

    def __len__(self) -> int:
        """The number of keystrokes whose answer was not sent yet."""
        return len(self._open)

    def began(self, number: int, traceparent: str | None, ago_s: float, model: str | None = None) -> bool:
        """A keystroke for `model`, or else the default one, has arrived `ago_s` seconds ago. Returns whether
        it is traced: a share of them is, and each one that belongs to a trace of the client's which is
        recorded.
        """
        parent = None if traceparent is None else _parent(traceparent)
        if not (parent.trace_flags.sampled if parent is not None else self._chance() < self._share):
            return False
        around = NOWHERE if parent is None else set_span_in_context(NonRecordingSpan(parent), NOWHERE)
        began_ns = self._now_ns() - round(ago_s * NANOSECONDS)
        span = self._tracer.start_span(
            KEYSTROKE,
            around,
            SpanKind.SERVER,
            {Attribute.MODEL.value: model or self.model},
            start_time=began_ns,
        )
        self._open[number] = _Open(span, began_ns)
        return True

    def took(self, number: int, stage: Stage, seconds: float, counts: Mapping[str, int]) -> None:
        """A stage of a keystroke has ended just now."""
        keystroke = self._open.get(number)
        if keystroke is None:
            return
        now_ns = self._now_ns()
        # A keystroke may come while a run is under way that serves it: only the time that it waited counts.
        began_ns = max(now_ns - round(seconds * NANOSECONDS), keystroke.began_ns)
        run = keystroke.run if stage is Stage.MODEL else None
        keystroke.stages.append(_Took(stage, began_ns, max(began_ns, now_ns), counts, run))

    def ran(
        self,
        purpose: RunPurpose,
        seconds: float,
        served: Sequence[int],
        model: str = "",
        *,
        tokens: int,
        results: int,
    ) -> None:
        """A run of `model`, or else the default one, has ended just now. `served`: for each of its fields the
        keystroke that waits for it, 0 if none does.
        """
        waiting = [known for number in served if (known := self._open.get(number)) is not None]
        if not waiting and (any(served) or self._chance() >= self._share):
            return
        now_ns = self._now_ns()
        span = self._tracer.start_span(
            RUN,
            NOWHERE,
            attributes={
                Attribute.MODEL.value: model or self.model,
                Attribute.PURPOSE.value: purpose.value,
                Attribute.FIELDS.value: len(served),
                Attribute.TOKENS.value: tokens,
                Attribute.RESULTS.value: results,
            },
            links=[Link(keystroke.span.get_span_context()) for keystroke in waiting],
            start_time=now_ns - round(seconds * NANOSECONDS),
        )
        span.end(now_ns)
        for keystroke in waiting:
            keystroke.run = span.get_span_context()

    def note(self, number: int, attributes: Mapping[Attribute, str | float]) -> None:
        keystroke = self._open.get(number)
        if keystroke is not None:
            keystroke.span.set_attributes({name.value: value for name, value in attributes.items()})

    def ended(self, number: int) -> None:
        """The answer was sent, or will not be. Nothing more is known of the keystroke after this."""
        keystroke = self._open.pop(number, None)
        if keystroke is None:
            return
        keystroke.span.end(max(keystroke.began_ns, self._now_ns()))
        inside = set_span_in_context(keystroke.span, NOWHERE)
        for took in keystroke.stages:
            self._tracer.start_span(
                took.stage.value,
                inside,
                attributes={_COUNTS[name].value: n for name, n in took.counts.items() if name in _COUNTS},
                links=() if took.run is None else [Link(took.run)],
                start_time=took.began_ns,
            ).end(took.ended_ns)


def _parent(traceparent: str) -> SpanContext:
    """The client's span. `traceparent` has the form of https://www.w3.org/TR/trace-context/, version 00."""
    _, trace, span, flags = traceparent.split("-")
    return SpanContext(int(trace, 16), int(span, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))
