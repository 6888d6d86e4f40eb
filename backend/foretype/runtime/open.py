"""Opening a prepared model: the runtime for its graph, its weights and the execution provider."""

from __future__ import annotations

from pathlib import Path

from foretype.models.manifest import GRAPH, Manifest
from foretype.models.weights import FLOAT16
from foretype.runtime.device.runtime import DeviceRuntime
from foretype.runtime.fused import FusedRuntime
from foretype.runtime.plain import PlainRuntime
from foretype.runtime.protocol import LogitsRuntime
from foretype.runtime.providers import Surroundings, WrongWeightsError, choose_provider, with_options
from foretype.support.execution_provider import Provider


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
    there = Surroundings.here()
    chosen = choose_provider(provider, there, half=manifest.weights == FLOAT16)
    if chosen is not Provider.CPU and manifest.weights != DeviceRuntime.needs_weights:
        raise WrongWeightsError(folder, manifest.weights, FLOAT16)
    providers = with_options(chosen, folder, there, memory_mb=memory_mb)
    if manifest.graph != "fused":
        return PlainRuntime(folder / GRAPH, manifest.geometry, threads=threads, providers=providers)
    if chosen is Provider.CPU:
        return FusedRuntime(folder / GRAPH, manifest.geometry, threads=threads, providers=providers)
    return DeviceRuntime(
        folder / GRAPH, manifest.geometry, threads=threads, providers=providers, records=records
    )
