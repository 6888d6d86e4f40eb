"""Sends spans to a collector: OTLP over HTTP, on a thread of OpenTelemetry's SDK.

Imported only if FORETYPE_TRACES is set. Spans wait in a bounded queue. If the collector is slow or
unreachable, spans are dropped and counted; nothing else waits for it.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress

import requests
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from foretype import __version__
from foretype.support.span_names import SpanFate
from foretype.support.traces import Traces

MOST_SPANS = 4096  # some megabytes
SPANS_AT_ONCE = 128
APART_MS = 1000.0
TIMEOUT_SECONDS = 5.0  # of one request, with its repetitions
CLOSING_SECONDS = 1.0

Count = Callable[[SpanFate, int], None]
"""Counts spans; any thread may call it."""


class Collector:
    """A connection to a collector, and the traces that go there. Used on the event loop."""

    def __init__(self, address: str, share: float, count: Count) -> None:
        session = requests.Session()
        session.trust_env = False  # no proxy, and no password from .netrc: only the collector gets anything
        exporter = OTLPSpanExporter(
            address, timeout=TIMEOUT_SECONDS, session=session, meter_provider=NoOpMeterProvider()
        )
        # Each argument is given, because OpenTelemetry would take what is missing from its own variables.
        self._provider = TracerProvider(
            ALWAYS_ON,  # `Traces` chooses
            Resource(
                {
                    "service.name": "foretype",
                    "service.version": __version__,
                    "service.instance.id": str(uuid.uuid4()),  # tells servers apart, and names no machine
                }
            ),
            shutdown_on_exit=False,
            meter_provider=NoOpMeterProvider(),
        )
        self._provider.add_span_processor(BoundedQueue(exporter, count, MOST_SPANS))
        self.traces = Traces(self._provider.get_tracer("foretype", __version__), share)

    async def close(self) -> None:
        """Send the spans that wait, for at most `CLOSING_SECONDS`."""
        sent, loop = asyncio.Event(), asyncio.get_running_loop()

        def send() -> None:
            self._provider.shutdown()
            with suppress(RuntimeError):  # the event loop has ended first
                loop.call_soon_threadsafe(sent.set)

        threading.Thread(target=send, name="last spans", daemon=True).start()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_SECONDS):
                await sent.wait()


class BoundedQueue(SpanProcessor):
    """Passes spans on to the SDK's queue, as long as fewer than `most` wait for the collector.

    The SDK's own queue drops the oldest spans and does not count them, so it is never filled.
    """

    def __init__(self, exporter: SpanExporter, count: Count, most: int) -> None:
        self._count = count
        self._most = most
        self._waiting = 0  # spans that are in the queue or being sent
        self._lock = threading.Lock()
        self._queue = BatchSpanProcessor(
            _Counted(exporter, self._left),
            max_queue_size=most,
            schedule_delay_millis=APART_MS,
            max_export_batch_size=min(SPANS_AT_ONCE, most),
            export_timeout_millis=TIMEOUT_SECONDS * 1000,
            meter_provider=NoOpMeterProvider(),
        )

    def on_start(self, span: Span, parent_context: Context | None = None) -> None: ...

    def on_end(self, span: ReadableSpan) -> None:
        with self._lock:
            is_full = self._waiting >= self._most
            self._waiting += not is_full
        if is_full:
            self._count(SpanFate.DROPPED, 1)
        else:
            self._queue.on_end(span)

    def shutdown(self) -> None:
        self._queue.shutdown()  # type: ignore[no-untyped-call]

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self._queue.force_flush(timeout_millis)

    def _left(self, spans: int, fate: SpanFate) -> None:
        with self._lock:
            self._waiting -= spans
        self._count(fate, spans)


class _Counted(SpanExporter):
    """Tells what became of the spans. Called on the SDK's thread."""

    def __init__(self, exporter: SpanExporter, left: Callable[[int, SpanFate], None]) -> None:
        self._exporter = exporter
        self._left = left

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = SpanExportResult.FAILURE
        try:
            result = self._exporter.export(spans)
        finally:
            is_sent = result is SpanExportResult.SUCCESS
            self._left(len(spans), SpanFate.SENT if is_sent else SpanFate.FAILED)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()
