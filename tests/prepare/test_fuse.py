"""The fused graphs compute what transformers computes, in every way in which the runtime uses them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from foretype.models.manifest import Geometry
from foretype.prepare.fuse import NotFusableError, fuse, lay
from foretype.prepare.quiet import quiet
from foretype.runtime.arena import Arena, free_arenas, lone_arena
from foretype.runtime.chunk import Chunk, Step
from foretype.runtime.device.runtime import DeviceRuntime
from foretype.runtime.fused import FusedRuntime
from foretype.runtime.providers import CPU_ONLY
from tests.prepare.conftest import write_folder
from tests.prepare.tiny import CONTEXT, VOCABULARY
from tests.runtime.test_device import ON_CUDA, FarSession

APART = 1e-3
IDS = np.random.default_rng(3).integers(0, VOCABULARY, 24)
GEOMETRIES = {
    "llama": Geometry(layers=2, kv_heads=2, head_dim=16, vocab_size=VOCABULARY, context_length=CONTEXT),
    "gemma3_text": Geometry(layers=2, kv_heads=2, head_dim=16, vocab_size=VOCABULARY, context_length=CONTEXT),
    "gpt2": Geometry(layers=2, kv_heads=4, head_dim=16, vocab_size=VOCABULARY, context_length=CONTEXT),
}


class OfTransformers:
    """The weights of a transformers model by their names: Optimum's export of Gemma 3 cannot be served, so
    its graph is only ever made from weights.
    """

    def __init__(self, model: Any) -> None:
        self._weights = {name: value.detach().numpy() for name, value in model.state_dict().items()}

    def parameter(self, name: str) -> np.ndarray[Any, Any]:
        found: np.ndarray[Any, Any] = self._weights[name]
        return found

    def linear(self, module: str) -> np.ndarray[Any, Any]:
        return self.parameter(f"{module}.weight").T

    def norm(self, module: str) -> np.ndarray[Any, Any]:
        return 1 + self.parameter(f"{module}.weight")


class Pair:
    """One model twice: in transformers, and fused in the runtime."""

    def __init__(self, family: str, folder: Path) -> None:
        import onnx
        from transformers import AutoModelForCausalLM

        self.model = AutoModelForCausalLM.from_pretrained(folder).eval()
        if family == "gemma3_text":
            fused = lay(OfTransformers(self.model), self.model.config, GEOMETRIES[family])
        else:
            fused = fuse(_export(self.model, folder / "export"), self.model.config, GEOMETRIES[family])
        onnx.save(fused, folder / "fused.onnx")
        self.nodes = len(fused.graph.node)
        graph, geometry = self.graph, self.geometry = folder / "fused.onnx", GEOMETRIES[family]
        self.runtime: FusedRuntime | DeviceRuntime = FusedRuntime(
            graph, geometry, threads=1, providers=CPU_ONLY
        )
        self.on_a_device = DeviceRuntime(graph, geometry, threads=1, providers=CPU_ONLY, device=("cpu", 0))

    def expected(self, ids: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        import torch

        with torch.no_grad():
            logits: np.ndarray[Any, Any] = self.model(torch.from_numpy(ids[None])).logits[0].numpy()
        return logits


def _export(model: Any, folder: Path) -> Any:
    import onnx
    from optimum.exporters.onnx import onnx_export_from_model

    task = "text-generation-with-past"
    with quiet():
        onnx_export_from_model(model, folder, task=task, opset=18, do_validation=False)
    return onnx.load(folder / "model.onnx")


ON_A_DEVICE = " on a device"  # the CPU being the device here
WAYS = [
    "llama",
    "gpt2",
    "gemma3_text",
    "llama on a device",
    "gpt2 on a device",
    "gemma3_text on a device",
]


@pytest.fixture(scope="module", params=WAYS)
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tokeniser_file: Path
) -> Pair:
    family = request.param.removesuffix(ON_A_DEVICE)
    made = Pair(family, write_folder(tmp_path_factory.mktemp("fused") / family, family, tokeniser_file))
    if request.param.endswith(ON_A_DEVICE):
        made.runtime = made.on_a_device
    return made


def new_arena(pair: Pair) -> Arena:
    return lone_arena(pair.runtime.new_pool(1, CONTEXT))


def plain(ids: np.ndarray[Any, Any], past: int = 0) -> Chunk:
    every = np.arange(len(ids))
    return Chunk(ids, past + every, None, every)


def test_one_pass_token_by_token_and_in_chunks_give_the_logits_of_transformers(pair: Pair) -> None:
    expected = pair.expected(IDS)

    whole = pair.runtime.run(new_arena(pair), plain(IDS))
    np.testing.assert_allclose(whole, expected, atol=APART)

    arena = new_arena(pair)
    stepwise = [pair.runtime.run(arena, plain(IDS[n : n + 1], n))[0] for n in range(len(IDS))]
    np.testing.assert_allclose(np.stack(stepwise), expected, atol=APART)

    arena = new_arena(pair)
    first = pair.runtime.run(arena, plain(IDS[:10]))
    rest = pair.runtime.run(arena, plain(IDS[10:], 10))
    np.testing.assert_allclose(np.concatenate([first, rest]), expected, atol=APART)


def test_only_the_rows_that_are_asked_for_are_computed(pair: Pair) -> None:
    every = np.arange(len(IDS))
    chunk = Chunk(IDS, every, None, np.array([3, 20]))
    logits = pair.runtime.run(new_arena(pair), chunk)
    np.testing.assert_allclose(logits, pair.expected(IDS)[[3, 20]], atol=APART)


def test_a_tree_in_one_run_gives_each_node_the_logits_of_its_own_path(pair: Pair) -> None:
    """Settled text of 10 tokens; two children a and b at one position; c below a."""
    settled, (a, b, c) = IDS[:10], IDS[10:13]
    arena = new_arena(pair)
    pair.runtime.run(arena, plain(settled))
    visible = np.zeros((3, 13), np.bool_)
    visible[:, :10] = True
    visible[0, 10] = visible[1, 11] = visible[2, 12] = True
    visible[2, 10] = True
    tree = Chunk(np.array([a, b, c]), np.array([10, 10, 11]), visible, np.arange(3))

    logits = pair.runtime.run(arena, tree)

    paths = ([a], [b], [a, c])
    expected = [pair.expected(np.array([*settled, *path]))[-1] for path in paths]
    np.testing.assert_allclose(logits, np.stack(expected), atol=APART)


def test_one_token_of_each_of_several_texts_in_one_run(pair: Pair) -> None:
    """Texts of different lengths in rows that are not in order, a row between them that takes no part, and
    one text with a slot that its token must not see.
    """
    pool = pair.runtime.new_pool(6, CONTEXT)
    arenas = free_arenas(pool)[:6]
    idle = pair.runtime.run(arenas[2], plain(IDS[:7]))
    lengths = {4: 5, 1: 9, 3: 6}
    for row, length in lengths.items():
        pair.runtime.run(arenas[row], plain(IDS[:length]))
    pair.runtime.run(arenas[3], Chunk(IDS[20:21], np.array([6]), None, np.array([0])))  # a sibling
    hidden = np.ones((1, 8), np.bool_)
    hidden[0, 6] = False
    wants = np.array([0])
    steps = [
        Step(arenas[4], Chunk(IDS[5:6], np.array([5]), None, wants)),
        Step(arenas[1], Chunk(IDS[9:10], np.array([9]), None, np.array([], np.int64))),
        Step(arenas[3], Chunk(IDS[6:7], np.array([6]), hidden, wants)),
    ]

    logits = pair.runtime.run_together(steps)

    expected = pair.expected(IDS)
    np.testing.assert_allclose(logits, expected[[5, 6]], atol=APART)
    # The one whose logits nobody wanted has its keys and values, and the idle one has kept its own.
    after = pair.runtime.run(arenas[1], plain(IDS[10:12], 10))
    np.testing.assert_allclose(after, expected[10:12], atol=APART)
    np.testing.assert_allclose(idle, expected[:7], atol=APART)
    np.testing.assert_allclose(pair.runtime.run(arenas[2], plain(IDS[7:8], 7)), expected[7:8], atol=APART)


def test_holes_are_closed_in_place(pair: Pair) -> None:
    """A sibling that was dropped leaves the middle; what comes after it moves up, and the text goes on."""
    arena = new_arena(pair)
    pair.runtime.run(arena, plain(IDS[:10]))
    pair.runtime.run(arena, Chunk(IDS[20:22], np.array([10, 10]), None, np.array([0])))
    seen = np.ones((3, 15), np.bool_)
    seen[:, 10:12] = False
    seen[:, 12:] = np.tri(3, dtype=np.bool_)
    pair.runtime.run(arena, Chunk(IDS[10:13], np.arange(10, 13), seen, np.array([0])))

    arena.compact(np.array([*range(10), 12, 13, 14]))

    rest = pair.runtime.run(arena, plain(IDS[13:16], 13))
    np.testing.assert_allclose(rest, pair.expected(IDS)[13:16], atol=APART)


def test_a_beginning_is_read_once_and_taken_over_by_many(pair: Pair) -> None:
    """From a pool of another size, into rows of which one was somebody else's before."""
    begun = lone_arena(pair.runtime.new_pool(1, 8))
    pair.runtime.run(begun, plain(IDS[:8]))
    pool = pair.runtime.new_pool(2, CONTEXT)
    expected = pair.expected(IDS)
    for _ in range(2):
        arenas = free_arenas(pool)[:2]
        for arena in arenas:
            arena.adopt(begun, 8)
            rest = pair.runtime.run(arena, plain(IDS[8:12], 8))
            np.testing.assert_allclose(rest, expected[8:12], atol=APART)
        del arena, arenas


def test_the_graph_is_small(pair: Pair) -> None:
    assert pair.nodes < (50 if "gemma3" in pair.model.config.model_type else 40)


@pytest.mark.parametrize(
    ("family", "changes", "reason"),
    [
        ("llama", {"hidden_act": "gelu"}, "activation"),
        ("llama", {"attention_bias": True}, "biases"),
        ("llama", {"rope_scaling": {"rope_type": "linear", "factor": 2.0}}, "rotary"),
        ("mistral", {"sliding_window": 64}, "sees only 64 tokens"),
        ("gemma3_text", {"sliding_window": 64}, "see only 64 tokens"),
        ("gemma3_text", {"hidden_activation": "silu"}, "activation"),
        ("gemma3_text", {"final_logit_softcapping": 30.0}, "capped"),
        ("gpt2", {"activation_function": "relu"}, "activation"),
        ("gpt2", {"scale_attn_by_inverse_layer_idx": True}, "scaled"),
    ],
)
def test_a_model_that_the_layout_would_compute_wrongly_is_refused(
    family: str, changes: dict[str, Any], reason: str
) -> None:
    import onnx
    from transformers import AutoConfig

    config = AutoConfig.for_model(family, **changes)
    with pytest.raises(NotFusableError, match=reason):
        fuse(onnx.ModelProto(), config, GEOMETRIES.get(family, GEOMETRIES["llama"]))


@pytest.mark.parametrize(
    "name", ["input_ids", "position_ids", "seqlens_k", "attention_bias", "rows", "spread", "gathered"]
)
def test_the_check_of_recordings_sees_whichever_input_one_would_not_read_anew(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, log_lines: list[dict[str, Any]], name: str
) -> None:
    monkeypatch.setattr(FarSession, "opened", [], raising=False)
    monkeypatch.setattr(FarSession, "frozen", frozenset({name}))
    monkeypatch.setattr(ort, "InferenceSession", FarSession)
    runtime = DeviceRuntime(pair.graph, pair.geometry, threads=1, providers=ON_CUDA, device=("cpu", 0))
    runtime.warm_up(runtime.new_pool(8, CONTEXT))
    assert [line["event"] for line in log_lines] == ["cuda_graphs_off"]
