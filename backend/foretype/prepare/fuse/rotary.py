"""Rotary positions as the attention operator takes them."""

from __future__ import annotations

import numpy as np

from foretype.models.manifest import Geometry
from foretype.prepare.fuse.graph import Graph


class Rotary:
    """Cosine and sine for every position of the context, (context_length + 1, head_dim / 2), and the position
    of each token.

    There is one position more than the context has: the operator needs as many as there are slots, and one
    slot is idle.
    """

    def __init__(self, graph: Graph, geometry: Geometry) -> None:
        self._graph = graph
        self._geometry = geometry
        self._positions = graph.spread("position_ids", "rotary.positions")

    def turned(self, theta: float, name: str = "rotary") -> tuple[str, str, str]:
        """The operator's inputs for the base `theta`: cosine, sine, positions."""
        head_dim = self._geometry.head_dim
        frequency = 1.0 / theta ** (np.arange(0, head_dim, 2) / head_dim)
        angle = np.arange(self._geometry.context_length + 1)[:, None] * frequency[None]
        return (
            self._graph.weight(f"{name}.cos", np.cos(angle)),
            self._graph.weight(f"{name}.sin", np.sin(angle)),
            self._positions,
        )
