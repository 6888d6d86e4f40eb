"""Starts an engine from the folders of prepared models and the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry

from foretype.engine.beginning import Beginning
from foretype.engine.detector import Detector
from foretype.engine.local import TREES_BYTES, EngineConfig, LocalEngine
from foretype.engine.memory import MEBIBYTE
from foretype.engine.pressure import Effort
from foretype.engine.shared import Shared
from foretype.engine.tree.choice import Policy
from foretype.engine.tree.language import SharesOf, any_language
from foretype.engine.tree.word_ends import WordEnds
from foretype.engine.vocabulary import Vocabulary
from foretype.models.errors import UnknownLanguageError
from foretype.models.field_kind import FieldKind
from foretype.models.languages import languages_of
from foretype.models.manifest import WORD_ENDS, Manifest
from foretype.models.prepared import check_tokens
from foretype.runtime.open import open_runtime
from foretype.runtime.protocol import LogitsRuntime
from foretype.runtime.providers import NAMES, first_gpu
from foretype.support import logs
from foretype.support.execution_provider import ON_NVIDIA
from foretype.support.language_codes import ANY
from foretype.support.metrics import Stages
from foretype.support.settings import Settings
from foretype.words.store import WordStore


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """The parts that an engine is made of. `name`: of the model's folder. If the folder was copied, its
    recipe may have another name.
    """

    name: str
    manifest: Manifest
    runtime: LogitsRuntime
    vocabulary: Vocabulary
    word_ends: WordEnds | None = None
    shares_of: SharesOf = any_language


async def start_engine(folder: Path, settings: Settings, stages: Stages | None = None) -> LocalEngine:
    """Load the prepared model in `folder`, off the event loop, and run it once, so that the first keystroke
    need not wait for that.

    Raises what loading raises: the manifest's errors, ONNX Runtime's own errors.
    """
    return await make_engine(await asyncio.to_thread(load_model, folder, settings), settings, stages)


def load_model(folder: Path, settings: Settings) -> LoadedModel:
    """Load the prepared model in `folder`. Blocks; any thread may call it. Raises as `start_engine` does, and
    PreparedInvalidError if the tokeniser does not match the model, UnknownLanguageError.
    """
    manifest = Manifest.read(folder)
    with ThreadPoolExecutor(1) as beside:
        # First ONNX Runtime, which lets other threads run: the tokeniser does not.
        runtime = beside.submit(
            open_runtime,
            folder,
            threads=settings.threads,
            provider=settings.provider,
            memory_mb=settings.gpu_memory_mb,
        )
        vocabulary = Vocabulary.load(folder, manifest.geometry.vocab_size)
        check_tokens(folder, manifest, vocabulary.tokens)
        word_ends = WordEnds.load(folder / WORD_ENDS, manifest.geometry.vocab_size)
        shares_of = _shares_of(manifest, settings.languages)
    return LoadedModel(folder.name, manifest, runtime.result(), vocabulary, word_ends, shares_of)


async def make_engine(
    model: LoadedModel, settings: Settings, stages: Stages | None = None, shared: Shared | None = None
) -> LocalEngine:
    """An engine of this event loop that has run its model once. `shared`: what it shares with other models,
    if there are any. Raises ONNX Runtime's own errors.
    """
    manifest, vocabulary = model.manifest, model.vocabulary
    begin = {kind: _beginning(manifest, manifest.prompts.get(kind, ""), vocabulary) for kind in FieldKind}
    config = EngineConfig(
        model=model.name,
        begin=begin,
        policy=_policy(manifest.threshold if settings.threshold is None else settings.threshold),
        policies=_policies(manifest) if settings.threshold is None else {},
        budget_ms=settings.budget_ms,
        runs_ahead=settings.runs_ahead,
        frugal=settings.frugal,
        field_bytes=settings.field_mb * MEBIBYTE,
        trees_bytes=_trees_bytes(settings, model.runtime.provider),
        context_length=manifest.geometry.context_length,
        word_ends=model.word_ends,
        least_effort=_least_effort(settings),
        shares_of=model.shares_of,
    )
    words = WordStore(settings.state_dir, settings.own_words_most) if settings.own_words else None
    engine = LocalEngine(config, model.runtime, vocabulary, asyncio.get_running_loop(), stages, words, shared)
    await engine.warm_up()
    return engine


def share(models: Sequence[LoadedModel], settings: Settings, stages: Stages | None = None) -> Shared:
    """The parts that several models of this event loop share: `make_engine` takes them for each model, and
    `SeveralEngines` makes one engine of theirs.
    """
    # One budget holds for all: if some models are on a GPU and others are not, the smaller one.
    trees_bytes = min(_trees_bytes(settings, model.runtime.provider) for model in models)
    stages = stages or Stages(CollectorRegistry())
    return Shared(asyncio.get_running_loop(), stages, trees_bytes, _least_effort(settings))


def _least_effort(settings: Settings) -> Effort:
    return Effort.BRIEF if settings.shorten_when_busy else Effort.NOTHING_AHEAD


def _shares_of(manifest: Manifest, chosen: tuple[str, ...]) -> SharesOf:
    """In which languages a text may be. Suggestions are made in those that the settings name, or else in
    those that the model writes. Raises UnknownLanguageError.
    """
    detector = Detector.load()
    if detector is None:
        logs.logger().warning("no_language_detector")
        return any_language
    languages = chosen or languages_of(manifest)
    if not languages or languages == (ANY,):
        return detector.shares_of(None)
    if unknown := detector.unknown(languages):
        raise UnknownLanguageError(manifest.recipe, unknown)
    return detector.shares_of(languages)


def _trees_bytes(settings: Settings, provider: str) -> int:
    """If the settings do not say: on a GPU half of its memory, because the model needs the other half; else
    TREES_BYTES.
    """
    if settings.trees_mb is not None:
        return settings.trees_mb * MEBIBYTE
    gpu = first_gpu() if provider in {NAMES[one] for one in ON_NVIDIA} else None
    if gpu is None:
        return TREES_BYTES
    memory = gpu.memory_bytes if settings.gpu_memory_mb is None else settings.gpu_memory_mb * MEBIBYTE
    return memory // 2


def _beginning(manifest: Manifest, prompt: str, vocabulary: Vocabulary) -> Beginning:
    """The prompt takes at most a quarter of the model's context."""
    most = manifest.geometry.context_length // 4
    return Beginning.of(list(manifest.begin_ids), prompt, vocabulary.encode, most)


def _policies(manifest: Manifest) -> dict[FieldKind, Policy]:
    """For the kinds of field that the recipe names a threshold for."""
    return {kind: _policy(threshold) for kind, threshold in manifest.thresholds.items()}


def _policy(threshold: float) -> Policy:
    """The policy for this `Policy.show`. A text that is already on the screen may be half as likely."""
    usual = Policy()
    return Policy(show=threshold, draw_out=max(threshold, usual.draw_out), keep=threshold / 2)
