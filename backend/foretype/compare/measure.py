"""Measures one model in this process: first in the server's engine, then alone."""

from __future__ import annotations

import asyncio

from foretype.compare.figures import Quality, Round, Speed, percentile
from foretype.compare.reading import ModelReader
from foretype.compare.serving import measure_serving
from foretype.compare.task import MeasuringTask, OnProgress
from foretype.engine.vocabulary import Vocabulary
from foretype.models.manifest import Manifest
from foretype.prepare.gate import gate_text
from foretype.runtime.open import open_runtime


def measure(task: MeasuringTask, on_progress: OnProgress) -> Round:
    """One round. Raises the errors of loading and running a model."""
    serving = asyncio.run(measure_serving(task, on_progress))
    manifest = Manifest.read(task.folder)
    runtime = open_runtime(task.folder, threads=task.settings.threads)
    vocabulary = Vocabulary.load(task.folder, manifest.geometry.vocab_size)
    reader = ModelReader(runtime, manifest, vocabulary)
    on_progress("time its steps", 0, 1)
    prefill_ms, step_ms = reader.times(vocabulary.encode(gate_text()))
    speed = Speed(
        provider=serving.provider,
        load_s=serving.load_s,
        resident_bytes=serving.resident_bytes,
        answer_ms=serving.answer_ms,
        prefill_ms=prefill_ms,
        step_ms=step_ms,
    )
    typing = serving.typing
    if task.texts is None or typing is None:
        return Round(speed=speed)
    tokens, bits_per_byte = reader.bits_per_byte(task.texts, on_progress)
    return Round(
        speed=speed,
        quality=Quality(
            bits_per_byte=bits_per_byte,
            read_tokens=tokens,
            read_bytes=task.texts.read_bytes,
            keystrokes=typing.keys,
            characters=typing.chars,
            shown=typing.shown,
            taken=typing.taken,
            keystroke_p50_ms=percentile(typing.waits_ms, 0.50),
            keystroke_p95_ms=percentile(typing.waits_ms, 0.95),
        ),
    )
