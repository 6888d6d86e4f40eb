"""`python hungry.py serve …`: the real commands with a model whose runs need 256 MB each, which the real ONNX
Runtime allocates.

A run of the default model needs less than what glibc keeps of earlier runs, so a limit would not be felt.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import fake_models
import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper

from foretype.engine.beginning import Beginning
from foretype.engine.local import EngineConfig, LocalEngine
from foretype.engine.tree.choice import Policy
from foretype.models.field_kind import FieldKind
from foretype.runtime.arena import Arena
from foretype.runtime.chunk import Chunk, Logits
from foretype.runtime.providers import CPU_ONLY
from foretype.runtime.session import open_session
from foretype.support.metrics import Stages
from foretype.support.settings import Settings
from tests.scripted_model import BEGIN, ScriptedModel, byte_level_vocabulary

FLOATS = 64 * 1024 * 1024
SCRIPT = {"que": {"stions": 0.9}}


def summing_graph() -> bytes:
    """Sums as many zeros as its input says."""
    nodes = [
        helper.make_node("ConstantOfShape", ["count"], ["zeros"]),
        helper.make_node("ReduceSum", ["zeros"], ["sum"], keepdims=0),
    ]
    count = helper.make_tensor_value_info("count", TensorProto.INT64, [1])
    total = helper.make_tensor_value_info("sum", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "zeros", [count], [total])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    content: bytes = model.SerializeToString()
    return content


class HungryModel(ScriptedModel):
    def __init__(self) -> None:
        super().__init__(byte_level_vocabulary("stions", "ries"), SCRIPT)
        self._session = self._opened()

    @staticmethod
    def _opened() -> ort.InferenceSession:
        return open_session(summing_graph(), 1, CPU_ONLY)

    def reopen(self) -> None:
        self._session = self._opened()

    def run(self, arena: Arena, chunk: Chunk) -> Logits:
        binding = self._session.io_binding()
        counts = np.array([FLOATS], np.int64)
        binding.bind_cpu_input("count", counts)
        binding.bind_output("sum")
        self._session.run_with_iobinding(binding)
        return super().run(arena, chunk)


async def start_engine(folder: Path, settings: Settings, stages: Stages | None = None) -> LocalEngine:
    model = HungryModel()
    begin = {kind: Beginning([BEGIN]) for kind in FieldKind}
    config = EngineConfig(model="hungry", begin=begin, policy=Policy(), budget_ms=settings.budget_ms)
    engine = LocalEngine(config, model, model.vocabulary, asyncio.get_running_loop(), stages)
    await engine.warm_up()
    return engine


if __name__ == "__main__":
    fake_models.install(start_engine)
    from foretype.__main__ import main

    main()
