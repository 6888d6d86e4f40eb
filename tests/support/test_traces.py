"""Which keystrokes and runs become spans, and what becomes of spans that the collector does not take."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from foretype.support.collector import BoundedQueue
from foretype.support.span_names import Attribute, SpanFate
from foretype.support.stage import RunPurpose, Stage
from foretype.support.traces import Traces

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
MS = 1_000_000


class Traced:
    """Traces with a clock that the test moves by hand, in milliseconds."""

    def __init__(self, share: float = 1.0, chance: Callable[[], float] = lambda: 0.5) -> None:
        self.now_ms = 1000.0
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        now_ns = lambda: round(self.now_ms * MS)  # noqa: E731
        self.traces = Traces(provider.get_tracer("tests"), share, chance, now_ns)
        self.traces.model = "fake-1m"

    def spans(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.exporter.get_finished_spans() if span.name == name]

    def one(self, name: str) -> ReadableSpan:
        (span,) = self.spans(name)
        return span


def times_ms(span: ReadableSpan) -> tuple[float, float]:
    assert span.start_time is not None
    assert span.end_time is not None
    return span.start_time / MS, span.end_time / MS


def context(span: ReadableSpan) -> Any:
    assert span.context is not None
    return span.context


def test_a_keystroke_is_a_span_and_its_stages_are_its_children() -> None:
    there = Traced()
    assert there.traces.began(7, None, ago_s=0.002)
    there.now_ms += 10
    there.traces.took(7, Stage.QUEUE, 0.004, {})
    there.traces.note(7, {Attribute.SOURCE: "model", Attribute.ELAPSED_MS: 9.5})
    there.now_ms += 1
    there.traces.ended(7)
    keystroke, queue = there.one("keystroke"), there.one("queue")
    assert times_ms(keystroke) == (998, 1011)
    assert times_ms(queue) == (1006, 1010)
    assert queue.parent is not None
    assert queue.parent.span_id == context(keystroke).span_id
    assert context(queue).trace_id == context(keystroke).trace_id
    assert keystroke.parent is None
    assert dict(keystroke.attributes or {}) == {
        "foretype.model": "fake-1m",
        "foretype.source": "model",
        "foretype.elapsed_ms": 9.5,
    }
    assert len(there.traces) == 0


def test_a_run_has_links_to_the_keystrokes_that_it_served_and_they_to_it() -> None:
    there = Traced()
    for number in (1, 2):
        there.traces.began(number, None, 0)
    there.now_ms += 20
    there.traces.ran(RunPurpose.KEYSTROKE, 0.015, [1, 2, 0], tokens=3, results=3)
    for number in (1, 2):
        there.traces.took(number, Stage.MODEL, 0.015, {"tokens": 1, "fields": 3})
        there.traces.ended(number)
    run = there.one("run")
    assert run.parent is None
    assert times_ms(run) == (1005, 1020)
    keystrokes = {context(span).span_id for span in there.spans("keystroke")}
    assert {link.context.span_id for link in run.links} == keystrokes
    assert [[link.context.span_id for link in span.links] for span in there.spans("model")] == [
        [context(run).span_id]
    ] * 2
    assert dict(run.attributes or {}) == {
        "foretype.model": "fake-1m",
        "foretype.purpose": "keystroke",
        "foretype.fields": 3,
        "foretype.tokens": 3,
        "foretype.results": 3,
    }
    assert dict(there.spans("model")[0].attributes or {}) == {"foretype.tokens": 1, "foretype.fields": 3}


def test_a_keystroke_that_comes_during_its_run_waits_only_for_the_rest_of_it() -> None:
    there = Traced()
    there.traces.began(1, None, 0)
    there.now_ms += 5
    there.traces.took(1, Stage.MODEL, 0.030, {})
    there.traces.ended(1)
    assert times_ms(there.one("model")) == (1000, 1005)


def test_a_clock_that_is_set_back_gives_no_span_that_ends_before_it_begins() -> None:
    there = Traced()
    there.traces.began(1, None, 0)
    there.now_ms -= 500
    there.traces.took(1, Stage.TREE, 0.001, {})
    there.traces.ended(1)
    for name in ("tree", "keystroke"):
        began, ended = times_ms(there.one(name))
        assert began <= ended


def test_a_client_that_records_its_trace_has_the_keystroke_in_it_whatever_the_share_is() -> None:
    there = Traced(share=0.0)
    assert there.traces.began(1, f"00-{TRACE}-{PARENT}-01", 0)
    there.traces.ended(1)
    keystroke = there.one("keystroke")
    assert f"{context(keystroke).trace_id:032x}" == TRACE
    assert keystroke.parent is not None
    assert f"{keystroke.parent.span_id:016x}" == PARENT
    assert keystroke.parent.is_remote


def test_a_client_that_does_not_record_its_trace_gets_no_span() -> None:
    assert not Traced(share=1.0).traces.began(1, f"00-{TRACE}-{PARENT}-00", 0)


@pytest.mark.parametrize(("share", "traced"), [(0.0, 0), (0.4, 4), (1.0, 10)])
def test_a_share_of_the_keystrokes_and_of_the_runs_ahead_is_traced(share: float, traced: int) -> None:
    chances = iter([number / 10 for number in range(10)] * 2)
    there = Traced(share, lambda: next(chances))
    for number in range(1, 11):
        if there.traces.began(number, None, 0):
            there.traces.ended(number)
    for _ in range(10):
        there.traces.ran(RunPurpose.AHEAD, 0.001, [0], tokens=1, results=1)
    assert len(there.spans("keystroke")) == traced
    assert len(there.spans("run")) == traced


def test_what_belongs_to_keystrokes_without_a_trace_makes_no_span() -> None:
    there = Traced(share=0.0)
    there.traces.began(1, None, 0)
    there.traces.took(1, Stage.TREE, 0.001, {})
    there.traces.ran(RunPurpose.KEYSTROKE, 0.001, [1], tokens=1, results=1)
    there.traces.note(1, {Attribute.CODE: "internal"})
    there.traces.ended(1)
    assert there.exporter.get_finished_spans() == ()


def test_counts_that_are_not_among_the_attributes_are_left_out() -> None:
    there = Traced()
    there.traces.began(1, None, 0)
    there.traces.took(1, Stage.TREE, 0.001, {"letters": 3})
    there.traces.ended(1)
    assert dict(there.one("tree").attributes or {}) == {}


class Held(SpanExporter):
    """Takes spans only when the test lets it."""

    def __init__(self, result: SpanExportResult) -> None:
        self.free = threading.Event()
        self.result = result

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.free.wait(20)
        return self.result


@pytest.mark.parametrize(
    ("result", "fate"),
    [(SpanExportResult.SUCCESS, SpanFate.SENT), (SpanExportResult.FAILURE, SpanFate.FAILED)],
)
def test_each_span_is_counted_once_and_those_that_find_the_queue_full_are_dropped(
    result: SpanExportResult, fate: SpanFate
) -> None:
    exporter, fates, most = Held(result), Counter[SpanFate](), 8
    queue = BoundedQueue(exporter, lambda fate, spans: fates.update({fate: spans}), most)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(queue)
    tracer = provider.get_tracer("tests")
    for _ in range(3 * most):
        tracer.start_span("keystroke").end()
    assert fates == {SpanFate.DROPPED: 2 * most}
    exporter.free.set()
    provider.shutdown()
    assert fates == {SpanFate.DROPPED: 2 * most, fate: most}


def test_a_span_names_the_model_that_answered_or_ran_else_the_default_one() -> None:
    there = Traced()
    there.traces.began(1, None, 0, "large")
    there.traces.began(2, None, 0)
    there.traces.ran(RunPurpose.KEYSTROKE, 0.001, [1], "large", tokens=1, results=1)
    there.traces.ran(RunPurpose.KEYSTROKE, 0.001, [2], tokens=1, results=1)
    for number in (1, 2):
        there.traces.ended(number)
    for name in ("keystroke", "run"):
        models = [(span.attributes or {})[Attribute.MODEL.value] for span in there.spans(name)]
        assert models == ["large", "fake-1m"]
