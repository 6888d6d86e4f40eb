"""Figures for /metrics. Labels come from closed sets: no text, no names of fields, nothing a client chose."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from foretype.engine.contract import Failure
from foretype.engine.keystroke import Suggestion
from foretype.support.stages import Stages

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
BUCKETS_MS = (1, 2, 5, 10, 20, 50, 100, 150, 200, 300, 500)


class Metrics:
    """The figures of one server, in a registry of its own."""

    def __init__(self, error_codes: Iterable[str] = ()) -> None:
        """`error_codes`: those that can be answered, so that each is there with 0 from the start."""
        self.registry = CollectorRegistry()
        self.stages = Stages(self.registry)
        self._keystrokes = Counter(
            "foretype_keystrokes",
            "Keystrokes with a final answer, by where it came from and whether it showed something.",
            ["source", "outcome"],
            registry=self.registry,
        )
        self._taken = Counter(
            "foretype_keystrokes_taken",
            "Keystrokes given to the engine; some are overtaken.",
            registry=self.registry,
        )
        self._answered = Histogram(
            "foretype_answer_ms",
            "Milliseconds from a keystroke to its final answer.",
            buckets=BUCKETS_MS,
            registry=self.registry,
        )
        self._errors = Counter(
            "foretype_errors", "Errors answered, by code.", ["code"], registry=self.registry
        )
        self._model = Info("foretype_model", "The model that is being served.", registry=self.registry)
        self.connections = Gauge("foretype_connections", "Open WebSockets.", registry=self.registry)
        self.fields = Gauge("foretype_fields", "Open fields of all connections.", registry=self.registry)
        for code in error_codes:
            self._errors.labels(code)

    def loaded(self, model: str, provider: str) -> None:
        self._model.info({"model": model, "provider": provider})

    def keystroke(self) -> None:
        self._taken.inc()

    def answer(self, outcome: Suggestion | Failure, elapsed_ms: float) -> None:
        """A final answer has been given."""
        self._answered.observe(elapsed_ms)
        if isinstance(outcome, Failure):
            self._keystrokes.labels("none", "error").inc()
        else:
            self._keystrokes.labels(outcome.source.value, "shown" if outcome.text else "empty").inc()

    def error(self, code: str) -> None:
        self._errors.labels(code).inc()

    def text(self) -> bytes:
        return generate_latest(self.registry)
