"""Starts an engine from a prepared model's folder and the settings."""

from __future__ import annotations

import asyncio
from pathlib import Path

from foretype.engine.beginning import Beginning
from foretype.engine.local import TREES_BYTES, EngineConfig, LocalEngine
from foretype.engine.memory import MEBIBYTE
from foretype.engine.tree.choice import Policy
from foretype.engine.vocabulary import Vocabulary
from foretype.models.field_kind import FieldKind
from foretype.models.manifest import Manifest
from foretype.runtime.open import open_runtime
from foretype.runtime.providers import NAMES, first_gpu
from foretype.support.execution_provider import Provider
from foretype.support.metrics import Stages
from foretype.support.settings import Settings


async def start_engine(folder: Path, settings: Settings, stages: Stages | None = None) -> LocalEngine:
    """Load the prepared model in `folder`, off the event loop, and run it once, so that the first keystroke
    need not wait for that.

    Raises what loading raises: the manifest's errors, ONNX Runtime's own errors.
    """
    manifest = Manifest.read(folder)
    runtime, vocabulary = await asyncio.gather(  # at the same time: each takes half a second
        asyncio.to_thread(
            open_runtime,
            folder,
            threads=settings.threads,
            provider=settings.provider,
            memory_mb=settings.gpu_memory_mb,
        ),
        asyncio.to_thread(Vocabulary.load, folder, manifest.geometry.vocab_size),
    )
    begin = {kind: _beginning(manifest, manifest.prompts.get(kind, ""), vocabulary) for kind in FieldKind}
    policy = _policy(settings.threshold if settings.threshold is not None else manifest.threshold)
    config = EngineConfig(
        model=manifest.recipe,
        begin=begin,
        policy=policy,
        budget_ms=settings.budget_ms,
        runs_ahead=settings.runs_ahead,
        frugal=settings.frugal,
        field_bytes=settings.field_mb * MEBIBYTE,
        trees_bytes=_trees_bytes(settings, runtime.provider),
        context_length=manifest.geometry.context_length,
    )
    engine = LocalEngine(config, runtime, vocabulary, asyncio.get_running_loop(), stages)
    await engine.warm_up()
    return engine


def _trees_bytes(settings: Settings, provider: str) -> int:
    """If the settings do not say: on a GPU half of its memory, because the model needs the other half; else
    TREES_BYTES.
    """
    if settings.trees_mb is not None:
        return settings.trees_mb * MEBIBYTE
    gpu = None if provider == NAMES[Provider.CPU] else first_gpu()
    if gpu is None:
        return TREES_BYTES
    memory = gpu.memory_bytes if settings.gpu_memory_mb is None else settings.gpu_memory_mb * MEBIBYTE
    return memory // 2


def _beginning(manifest: Manifest, prompt: str, vocabulary: Vocabulary) -> Beginning:
    """The prompt takes at most a quarter of the model's context."""
    most = manifest.geometry.context_length // 4
    return Beginning.of(list(manifest.begin_ids), prompt, vocabulary.encode, most)


def _policy(threshold: float) -> Policy:
    """The policy for this `Policy.show`. A text that is already on the screen may be half as likely."""
    usual = Policy()
    return Policy(show=threshold, draw_out=max(threshold, usual.draw_out), keep=threshold / 2)
