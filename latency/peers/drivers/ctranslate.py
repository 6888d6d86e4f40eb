"""CTranslate2. It does not give access to its past key values, so other times are measured: the generation of
one token, and the time between two tokens of a longer generation.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import ctranslate2  # type: ignore[import-not-found]
import numpy as np

from latency.peers.drivers.child_protocol import serve
from latency.peers.drivers.engine import surprise


class CTranslate2:
    """Has the same operations as an `Engine`."""

    def __init__(self, options: dict[str, Any]) -> None:
        folder = Path(options["weights"])
        self.about = f"CTranslate2 {ctranslate2.__version__}, {options['name']}"
        self._words = json.loads((folder / "vocabulary.json").read_text("utf-8"))
        self._generator = ctranslate2.Generator(
            str(folder), device="cpu", compute_type="int8", inter_threads=1, intra_threads=options["threads"]
        )

    def prefill(self, ids: list[int]) -> float:
        start = time.perf_counter()
        self._generator.generate_batch([self._spell(ids)], include_prompt_in_result=False, **_greedy(1))
        return (time.perf_counter() - start) * 1000

    def steps(self, ids: list[int], token: int, times: int) -> list[float]:
        """The engine chooses its tokens itself, so `token` is not used. The time does not depend on the
        token.
        """
        came = [
            time.perf_counter()
            for _ in self._generator.generate_tokens(self._spell(ids), **_greedy(times + 1))
        ]
        return [(after - before) * 1000 for before, after in pairwise(came)]

    def nats(self, ids: list[int], given: int) -> float:
        rows = np.array(self._generator.forward_batch([self._spell(ids)]))[0]
        return surprise(rows[given - 1 :], ids[given:])

    def _spell(self, ids: Sequence[int]) -> list[str]:
        return [self._words[token] for token in ids]


def _greedy(tokens: int) -> dict[str, Any]:
    """Options that generate exactly this number of tokens, always the most probable one."""
    return {"sampling_topk": 1, "min_length": tokens, "max_length": tokens}


if __name__ == "__main__":
    serve(CTranslate2)
