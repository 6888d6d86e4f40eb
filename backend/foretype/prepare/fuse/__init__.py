"""Fused graphs: Optimum's export has thousands of shape nodes that no optimiser removes, a fused graph with
the same weights has a few hundred nodes. It is made from an export, or from the weights themselves.

Each family has a module. A family without one is served with the plain export.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import onnx

from foretype.models.manifest import Geometry
from foretype.prepare.fuse import gemma3, gpt2, llama
from foretype.prepare.fuse.graph import Export, NotFusableError, Weights

Layout = Callable[[Weights, Any, Geometry], onnx.ModelProto]

LAYOUTS: dict[str, Layout] = {
    "llama": llama.lay,
    "mistral": llama.lay,
    "qwen2": llama.lay,
    "gpt2": gpt2.lay,
    "gemma3_text": gemma3.lay,
}

__all__ = ["LAYOUTS", "NotFusableError", "Weights", "fuse", "lay"]


def fuse(export: onnx.ModelProto, config: Any, geometry: Geometry) -> onnx.ModelProto:
    """The fused graph of Optimum's export, float32. See `lay`."""
    return lay(Export(export), config, geometry)


def lay(weights: Weights, config: Any, geometry: Geometry) -> onnx.ModelProto:
    """The fused graph of a model, float32. `config` has the attributes of the transformers config. Raises
    NotFusableError with the reason.
    """
    layout = LAYOUTS.get(config.model_type)
    if layout is None:
        raise NotFusableError(f"no fused graph is known for the family {config.model_type}")
    return layout(weights, config, geometry)
