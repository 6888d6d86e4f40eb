"""onnxruntime-genai: Microsoft's graph and generation loop, with the version of ONNX Runtime that Foretype
uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime_genai as og  # type: ignore[import-not-found]

from latency.peers.drivers.child_protocol import serve
from latency.peers.drivers.engine import Engine, Logits

CONTEXT = 2048


class GenAi(Engine):
    def __init__(self, options: dict[str, Any]) -> None:
        config = og.Config(options["weights"])
        config.overlay(_overlay(options["threads"]))
        self._model = og.Model(config)
        self.about = f"onnxruntime-genai {og.__version__}, {options['name']}"
        self._generator: Any = None
        self.keep(0)

    def keep(self, count: int) -> None:
        if count:
            self._generator.rewind_to(count)
        else:
            params = og.GeneratorParams(self._model)
            params.set_search_options(max_length=CONTEXT, do_sample=False)
            self._generator = og.Generator(self._model, params)

    def feed(self, ids: Sequence[int]) -> Logits:
        self._generator.append_tokens(np.array([list(ids)], np.int32))
        found: Logits = np.asarray(self._generator.get_logits())[0, -1].astype(np.float32)
        return found


def _overlay(threads: int) -> str:
    return f'{{"model": {{"decoder": {{"session_options": {{"intra_op_num_threads": {threads}}}}}}}}}'


if __name__ == "__main__":
    serve(GenAi)
