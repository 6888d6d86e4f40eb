"""Which kinds of weights are tried, by the processor."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from foretype.models.recipe import load_recipe
from foretype.prepare.candidates import ON_ARM, rounded_kinds
from foretype.prepare.quantise import Blocks, quantise

ROUNDED = load_recipe("distilgpt2").weights
ON_A_GRID = load_recipe("smollm2-135m").weights


@pytest.mark.parametrize("machine", ["aarch64", "arm64", "ARM64"])
def test_on_arm_four_bits_with_zero_points_are_tried_as_well(machine: str) -> None:
    assert rounded_kinds(ROUNDED, machine) == [*rounded_kinds(ROUNDED, "x86_64"), ON_ARM]
    assert rounded_kinds((ON_ARM, "float32"), machine) == [ON_ARM]
    found = Blocks.named(ON_ARM)
    assert (found.bits, found.zeros) == (4, True)


@pytest.mark.parametrize("machine", ["x86_64", "AMD64", "riscv64"])
def test_on_other_processors_they_are_not(machine: str) -> None:
    assert ON_ARM not in rounded_kinds(ROUNDED, machine)


@pytest.mark.parametrize("weights", [("int8-block32",), ("float16",), ("float32",), ON_A_GRID])
def test_where_there_is_one_kind_or_a_grid_nothing_is_added(weights: tuple[str, ...]) -> None:
    assert rounded_kinds(weights, "aarch64") == [one for one in weights if one != "float32"]


def test_a_recipe_may_name_them_itself() -> None:
    assert load_recipe("distilgpt2").only(ON_ARM).weights == (ON_ARM,)


def test_zero_points_bring_weights_that_do_not_lie_around_zero_nearer() -> None:
    random = np.random.default_rng(0)
    weight = random.uniform(0.0, 1.0, (64, 32)).astype(np.float32)
    x = random.standard_normal((1, 4, 64)).astype(np.float32)
    apart = []
    for kind in ("int4-block32", ON_ARM):
        model = quantise(product(weight), Blocks.named(kind))
        (node,) = [node for node in model.graph.node if node.op_type == "MatMulNBits"]
        assert (len(node.input) > 3) is (kind == ON_ARM)
        (found,) = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(
            None, {"x": x}
        )
        apart.append(float(np.abs(found - x @ weight).mean()))
    assert apart[1] < apart[0] * 0.75


def product(weight: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> object:
    """A graph of one matrix product."""
    inputs, outputs = weight.shape
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"], name="y")],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, "s", inputs])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, "s", outputs])],
        [numpy_helper.from_array(weight, "w")],
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)
