"""`python endless.py serve …`: the real commands with a model whose runs never end, once it is warm.

Each run is a row of short ones in ONNX Runtime: a thread that comes back from it for the interpreter's lock
when Python is ending is what aborts a process.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import fake_models
import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper

from foretype.engine.beginning import Beginning
from foretype.engine.local import EngineConfig, LocalEngine
from foretype.engine.tree.choice import Policy
from foretype.models.field_kind import FieldKind
from foretype.runtime.arena import Arena
from foretype.runtime.chunk import Chunk, Logits
from foretype.support.metrics import Stages
from foretype.support.settings import Settings
from tests.scripted_model import BEGIN, ScriptedModel, byte_level_vocabulary

SIDE = 64
IN_ONNX = 7  # the file format that all of this ONNX Runtime's versions read


def short_run() -> ort.InferenceSession:
    shape = [SIDE, SIDE]
    value = helper.make_tensor_value_info("a", TensorProto.FLOAT, shape)
    result = helper.make_tensor_value_info("b", TensorProto.FLOAT, shape)
    graph = helper.make_graph([helper.make_node("MatMul", ["a", "a"], ["b"])], "square", [value], [result])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=IN_ONNX)
    onnx.checker.check_model(model)
    return ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


class EndlessModel(ScriptedModel):
    def __init__(self) -> None:
        super().__init__(byte_level_vocabulary(" any"), {})
        self._session = short_run()
        self.warm = False

    def run(self, arena: Arena, chunk: Chunk) -> Logits:
        zeros = np.zeros((SIDE, SIDE), np.float32)
        while self.warm:
            self._session.run(None, {"a": zeros})
        return super().run(arena, chunk)


async def start_engine(folder: Path, settings: Settings, stages: Stages | None = None) -> LocalEngine:
    if settings.model == "loads-for-ever":
        print("loading", flush=True)
        await asyncio.to_thread(time.sleep, 600)
    model = EndlessModel()
    begin = {kind: Beginning([BEGIN]) for kind in FieldKind}
    config = EngineConfig(model="endless", begin=begin, policy=Policy(), budget_ms=settings.budget_ms)
    engine = LocalEngine(config, model, model.vocabulary, asyncio.get_running_loop(), stages)
    await engine.warm_up()
    model.warm = True
    return engine


if __name__ == "__main__":
    fake_models.install(start_engine)
    from foretype.__main__ import main

    main()
