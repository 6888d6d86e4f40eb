"""A keystroke's way through the server, stage by stage: figures for /metrics, and lines at debug level."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from foretype.support import logs
from foretype.support.clock import Clock

BUCKETS_MS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 300, 500)


class Stage(StrEnum):
    """In the order in which a keystroke goes through them; TREE, QUEUE and MODEL come several times or not at
    all.
    """

    RECEIVE = "receive"  # from the message's arrival to the field
    TREE = "tree"  # one walk and search
    QUEUE = "queue"  # waiting for the model
    MODEL = "model"  # one run, with what is made of its logits
    SEND = "send"  # handing the answer to the system


class Stages:
    """Labels come from closed sets, and log lines hold numbers only.

    `clock` is what to measure with: an event loop's own time may stand still while a callback runs.
    """

    def __init__(self, registry: CollectorRegistry, clock: Clock = time.perf_counter) -> None:
        self.clock = clock
        self._registry = registry
        stages = Histogram(
            "foretype_stage_ms",
            "Milliseconds that a keystroke spent in one stage.",
            ["stage"],
            buckets=BUCKETS_MS,
            registry=registry,
        )
        self._stages = {stage: stages.labels(stage.value) for stage in Stage}
        self._runs = Counter(
            "foretype_model_runs",
            "Runs of the model: for a keystroke that was waited for, or ahead of one.",
            ["purpose"],
            registry=registry,
        )
        self._tokens = Counter(
            "foretype_model_tokens", "Tokens that went through the model.", ["purpose"], registry=registry
        )
        for purpose in ("keystroke", "ahead"):  # there with 0 from the start
            self._runs.labels(purpose)
            self._tokens.labels(purpose)
        self._overtaken = Counter(
            "foretype_keystrokes_overtaken",
            "Keystrokes that a later one of their field overtook before their final answer.",
            registry=registry,
        )
        self._cancelled = Counter(
            "foretype_cancelled_runs",
            "Runs that were wanted and not made, since their field had gone on.",
            registry=registry,
        )

    def watch(self, name: str, about: str, value: Callable[[], float]) -> None:
        """A gauge that is read when somebody asks for the figures."""
        Gauge(name, about, registry=self._registry).set_function(value)

    def took(self, stage: Stage, seconds: float, trace: int = 0) -> None:
        """`trace` names the keystroke in the log, so that it can be followed; 0: nobody waits for it."""
        self._stages[stage].observe(seconds * 1000.0)
        if trace and logs.debugging():
            logs.logger().debug("stage", trace=trace, stage=stage.value, ms=round(seconds * 1000.0, 2))

    def ran(self, tokens: int, *, waited_for: bool) -> None:
        purpose = "keystroke" if waited_for else "ahead"
        self._runs.labels(purpose).inc()
        self._tokens.labels(purpose).inc(tokens)

    def overtaken(self) -> None:
        self._overtaken.inc()

    def cancelled(self) -> None:
        self._cancelled.inc()
