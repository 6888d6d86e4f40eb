"""The files of a graph: `model.onnx`, and `embedding.bin` beside it if the graph is fused."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx.external_data_helper import set_external_data

from foretype.models.manifest import EMBEDDING, GRAPH


def save_graph(model: onnx.ModelProto, folder: Path) -> None:
    """Write a graph, and the embedding of a fused graph to a file beside it. That file is mapped, so only the
    rows in use take memory.

    Other quantised weights must not be in that file: if they are mapped, a step takes 2.5 times as long
    (AVX2, ONNX Runtime 1.32).
    """
    for tensor in model.graph.initializer:
        if tensor.name == "embedding":
            set_external_data(tensor, location=EMBEDDING)
    onnx.save(model, folder / GRAPH)
    if (folder / EMBEDDING).exists():
        (folder / EMBEDDING).chmod((folder / GRAPH).stat().st_mode)  # onnx: for the owner only
