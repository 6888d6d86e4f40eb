"""Opening a prepared model: the runtime for its graph, its weights and the execution provider."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from foretype.models.manifest import GRAPH, Manifest
from foretype.models.weights import FLOAT16
from foretype.runtime.device.runtime import DeviceRuntime
from foretype.runtime.fused import FusedRuntime
from foretype.runtime.plain import PlainRuntime
from foretype.runtime.protocol import LogitsRuntime
from foretype.runtime.providers import (
    Surroundings,
    WrongWeightsError,
    choose_provider,
    with_options,
)
from foretype.runtime.session import open_session, placed
from foretype.support.execution_provider import ON_NVIDIA, Provider


def open_runtime(
    folder: Path,
    *,
    threads: int,
    provider: Provider = Provider.CPU,
    memory_mb: int | None = None,
    records: bool = True,
) -> LogitsRuntime:
    """Open the prepared model in `folder`. `memory_mb`: the most megabytes that ONNX Runtime may take on a
    GPU. `records`: whether CUDA may record runs there and replay them.

    Raises ProviderMissingError if `provider` is missing, WrongWeightsError if it cannot run the model's
    weights, and ONNX Runtime's own errors.
    """
    manifest = Manifest.read(folder)
    there = Surroundings.here(provider)
    chosen = choose_provider(provider, there, half=manifest.weights == FLOAT16)
    if chosen in ON_NVIDIA and manifest.weights != DeviceRuntime.needs_weights:
        raise WrongWeightsError(folder, manifest.weights, FLOAT16)
    providers = with_options(chosen, folder, there, memory_mb=memory_mb)
    if manifest.graph != "fused":
        return PlainRuntime(folder / GRAPH, manifest.geometry, threads=threads, providers=providers)
    if chosen not in ON_NVIDIA:
        return FusedRuntime(folder / GRAPH, manifest.geometry, threads=threads, providers=providers)
    return DeviceRuntime(
        folder / GRAPH, manifest.geometry, threads=threads, providers=providers, records=records
    )


def placed_nodes(folder: Path, *, threads: int, provider: Provider) -> dict[str, Counter[str]]:
    """How many nodes of each operator each provider computes if the prepared model in `folder` runs on
    `provider`, by the name that ONNX Runtime gives it. Raises as `open_runtime` does.
    """
    there = Surroundings.here(provider)
    providers = with_options(choose_provider(provider, there, half=True), folder, there)
    return placed(open_session(folder / GRAPH, threads, providers, places=True))
