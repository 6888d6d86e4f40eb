"""Every figure of `/metrics`, and the stages of a keystroke at debug level in the log.

Labels come from closed sets: no text, no field's name, nothing that a client chose. Log lines hold numbers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from foretype.support import logs
from foretype.support.clock import Clock
from foretype.support.span_names import SpanFate
from foretype.support.stage import RunPurpose, Stage

if TYPE_CHECKING:
    from foretype.support.traces import Traces  # loads OpenTelemetry, which may not be installed

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
ANSWER_BUCKETS_MS = (1, 2, 5, 10, 20, 50, 100, 150, 200, 300, 500)
BUSY_FOR = {True: "keystroke", False: "ahead"}  # by whether a client waits
STAGE_BUCKETS_MS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 300, 500)


class Stages:
    """The engine's metrics: the stages of keystrokes, runs of the model, and gauges of its state.

    `clock` is what to measure with: an event loop's own time may stand still while a callback runs.
    """

    def __init__(self, registry: CollectorRegistry, clock: Clock = time.perf_counter) -> None:
        self.clock = clock
        self.traces: Traces | None = None  # None unless FORETYPE_TRACES is set
        self._registry = registry
        stages = Histogram(
            "foretype_stage_ms",
            "Milliseconds that a keystroke spent in one stage.",
            ["stage"],
            buckets=STAGE_BUCKETS_MS,
            registry=registry,
        )
        self._stages = {stage: stages.labels(stage.value) for stage in Stage}
        self._runs = self._by_purpose("runs", "Runs of the model, by the purpose of the run.")
        self._runs_used = self._by_purpose(
            "runs_used", "Runs of the model of which an answer has used a result."
        )
        self._tokens = self._by_purpose("tokens", "Tokens that went through the model.")
        self._results = self._by_purpose("results", "Next-token distributions that runs of the model gave.")
        self._results_used = self._by_purpose(
            "results_used", "Next-token distributions that an answer has used."
        )
        self._seconds = self._by_purpose("seconds", "Seconds that runs of the model took.")
        busy = Counter(
            "foretype_model_busy_seconds",
            "Seconds that the model ran: for keystrokes that a client waits for, or ahead of keystrokes.",
            ["for"],
            registry=registry,
        )
        self._busy = {waited_for: busy.labels(name) for waited_for, name in BUSY_FOR.items()}
        self._overtaken = Counter(
            "foretype_keystrokes_overtaken",
            "Keystrokes that a later keystroke of the same field overtook before the final answer.",
            registry=registry,
        )
        self._cancelled = Counter(
            "foretype_cancelled_runs",
            "Runs that were requested but not made, because the text of the field had changed.",
            registry=registry,
        )

    def watch(
        self, *, waiting_fields: Callable[[], int], tree_bytes: Callable[[], int], load: Callable[[], float]
    ) -> None:
        """Gauges of the engine's state; each function is called when the figures are read."""
        self._gauge("foretype_waiting_fields", "Fields that wait for the model.", waiting_fields)
        self._gauge(
            "foretype_tree_bytes", "Bytes of past key values and distributions of all fields.", tree_bytes
        )
        self._gauge("foretype_load", "Share of the model's time that keystrokes took, 0 to 1.", load)

    def _gauge(self, name: str, about: str, value: Callable[[], float]) -> None:
        Gauge(name, about, registry=self._registry).set_function(value)

    def _by_purpose(self, what: str, about: str) -> Counter:
        counter = Counter(f"foretype_model_{what}", about, ["purpose"], registry=self._registry)
        for purpose in RunPurpose:  # present with 0 from the start
            counter.labels(purpose.value)
        return counter

    def took(self, stage: Stage, seconds: float, trace: int = 0, **counts: int) -> None:
        """`trace` is the keystroke's number in the log; 0 if no client waits for this work. `counts` are
        added to the log's line and to the span.
        """
        self._stages[stage].observe(seconds * 1000.0)
        if not trace:
            return
        if self.traces is not None:
            self.traces.took(trace, stage, seconds, counts)
        if logs.debugging():
            logs.logger().debug(
                "stage", trace=trace, stage=stage.value, ms=round(seconds * 1000.0, 2), **counts
            )

    def ran(self, purpose: RunPurpose, *, tokens: int, results: int, seconds: float) -> None:
        """A run of the model has ended."""
        self._runs.labels(purpose.value).inc()
        self._tokens.labels(purpose.value).inc(tokens)
        self._results.labels(purpose.value).inc(results)
        self._seconds.labels(purpose.value).inc(seconds)

    def busy(self, seconds: float, *, waited_for: bool) -> None:
        """The model was busy with a run, which may have failed. `waited_for`: a client waits for the run."""
        self._busy[waited_for].inc(seconds)

    def used(self, purpose: RunPurpose, *, first_of_run: bool) -> None:
        """An answer has used a result for the first time. `first_of_run`: and no other result of its run
        before.
        """
        self._results_used.labels(purpose.value).inc()
        if first_of_run:
            self._runs_used.labels(purpose.value).inc()

    def overtaken(self) -> None:
        self._overtaken.inc()

    def cancelled(self) -> None:
        self._cancelled.inc()


class Metrics:
    """The figures of one server, in a registry of its own."""

    def __init__(self, error_codes: Iterable[str] = ()) -> None:
        """`error_codes`: those that can be answered, so that each is present with 0 from the start."""
        self.registry = CollectorRegistry()
        self.stages = Stages(self.registry)
        self._keystrokes = Counter(
            "foretype_keystrokes",
            "Keystrokes with a final answer, by its source and whether it contained a suggestion.",
            ["source", "outcome"],
            registry=self.registry,
        )
        self._taken = Counter(
            "foretype_keystrokes_taken",
            "Keystrokes that the engine received, by the model that answers; some are overtaken.",
            ["model"],
            registry=self.registry,
        )
        self._answered = Histogram(
            "foretype_answer_ms",
            "Milliseconds from a keystroke to its final answer.",
            buckets=ANSWER_BUCKETS_MS,
            registry=self.registry,
        )
        self._errors = Counter(
            "foretype_errors", "Errors that were sent to clients, by code.", ["code"], registry=self.registry
        )
        self._model = Info(
            "foretype_model", "The models that are being served.", ["model"], registry=self.registry
        )
        self._spans = Counter(
            "foretype_spans",
            "Spans of traces, by their outcome; 0 unless FORETYPE_TRACES is set.",
            ["fate"],
            registry=self.registry,
        )
        self.connections = Gauge("foretype_connections", "Open WebSockets.", registry=self.registry)
        self.fields = Gauge("foretype_fields", "Open fields of all connections.", registry=self.registry)
        for code in error_codes:
            self._errors.labels(code)
        for fate in SpanFate:
            self._spans.labels(fate.value)

    def loaded(self, models: Mapping[str, str]) -> None:
        """`models`: those that are served with their execution providers, the default one first."""
        for model, provider in models.items():
            self._model.labels(model).info({"provider": provider})
            self._taken.labels(model)
        if self.stages.traces is not None:
            self.stages.traces.model = next(iter(models))

    def spans(self, fate: SpanFate, count: int) -> None:
        """Any thread may call it."""
        self._spans.labels(fate.value).inc(count)

    def keystroke(self, model: str) -> None:
        """`model`: one of those that are served."""
        self._taken.labels(model).inc()

    def suggested(self, source: str, elapsed_ms: float, *, shown: bool) -> None:
        """A final suggestion was given; `shown` is False if its text is empty."""
        self._answered.observe(elapsed_ms)
        self._keystrokes.labels(source, "shown" if shown else "empty").inc()

    def failed(self, elapsed_ms: float) -> None:
        """A keystroke's final answer was an error."""
        self._answered.observe(elapsed_ms)
        self._keystrokes.labels("none", "error").inc()

    def error(self, code: str) -> None:
        self._errors.labels(code).inc()

    def text(self) -> bytes:
        return generate_latest(self.registry)
