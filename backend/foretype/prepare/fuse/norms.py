"""Root-mean-square norms."""

from __future__ import annotations

from foretype.prepare.fuse.graph import CONTRIB, Graph, Weights


class Norms:
    """The norms of one model. One that follows an addition to the residual makes the addition, too."""

    def __init__(self, graph: Graph, weights: Weights, epsilon: float) -> None:
        self._graph = graph
        self._weights = weights
        self._epsilon = float(epsilon)

    def alone(self, source: str, module: str, name: str) -> str:
        """The normed value of `source`."""
        return self._graph.node(
            "SimplifiedLayerNormalization",
            [source, self._scale(module, name)],
            name,
            axis=-1,
            epsilon=self._epsilon,
            stash_type=1,
        )

    def add(self, residual: str, update: str | None, module: str, name: str) -> tuple[str, str]:
        """The normed value, and the residual with `update` in it."""
        if update is None:
            return self.alone(residual, module, name), residual
        summed = f"{name}.residual"
        normed = self._graph.node(
            "SkipSimplifiedLayerNormalization",
            [residual, update, self._scale(module, name)],
            name,
            more_outputs=["", "", summed],
            domain=CONTRIB,
            epsilon=self._epsilon,
        )
        return normed, summed

    def _scale(self, module: str, name: str) -> str:
        return self._graph.weight(f"{name}.weight", self._weights.norm(module))
