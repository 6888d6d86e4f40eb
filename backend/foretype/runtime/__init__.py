"""The model thread's room: sessions, past key values, what one run takes and gives; nothing of text."""

from __future__ import annotations

from pathlib import Path

from foretype.models.manifest import GRAPH, Manifest
from foretype.runtime.fused import FusedRuntime
from foretype.runtime.plain import PlainRuntime

__all__ = ["FusedRuntime", "PlainRuntime", "open_runtime"]


def open_runtime(folder: Path, *, threads: int) -> FusedRuntime | PlainRuntime:
    """The prepared model in `folder`, on the CPU. Raises ONNX Runtime's own errors."""
    manifest = Manifest.read(folder)
    kind = FusedRuntime if manifest.graph == "fused" else PlainRuntime
    return kind(folder / GRAPH, manifest.geometry, threads=threads, providers=["CPUExecutionProvider"])
