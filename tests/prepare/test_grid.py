"""Weights that were rounded before are kept exactly; others are not taken for such."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from foretype.prepare.grid import BLOCK, NotOnGridError
from foretype.prepare.quantise import Blocks, quantise

Array = NDArray[np.float32]
RANDOM = np.random.default_rng(5)
INPUTS, OUTPUTS = 3 * BLOCK, 40


def q4_1(shape: tuple[int, int]) -> Array:
    """As a GGUF file's Q4_1 has them: 16 equal steps from the least of each block, which some blocks lack."""
    scale = RANDOM.uniform(0.01, 0.03, (shape[1], shape[0] // BLOCK, 1))
    least = RANDOM.normal(-0.15, 0.05, scale.shape)
    ranks = RANDOM.integers(0, 16, (*scale.shape[:2], BLOCK))
    ranks[..., 0], ranks[..., 1] = 0, 15
    blocks = scale.astype(np.float32) * ranks + least.astype(np.float32)
    blocks[3, 1] = 0.25
    return blocks.reshape(shape[1], shape[0]).T.astype(np.float32)


def q8_0(shape: tuple[int, int]) -> Array:
    scale = RANDOM.uniform(0.001, 0.003, (shape[1], shape[0] // BLOCK, 1)).astype(np.float32)
    ranks = RANDOM.integers(-127, 128, (*scale.shape[:2], BLOCK))
    ranks[..., 0] = 127
    return (scale * ranks).reshape(shape[1], shape[0]).T.astype(np.float32)


def around_zero(shape: tuple[int, int], block: int, extreme: int) -> Array:
    """As Q5_0 (blocks of 32, -16 to 15) and Q6_K (blocks of 16, -32 to 31) have them. A block need not use
    the extremes.
    """
    scale = RANDOM.normal(0, 0.01, (shape[1], shape[0] // block, 1)).astype(np.float32)
    ranks = RANDOM.integers(-extreme, extreme, (*scale.shape[:2], block))
    return (scale * ranks).reshape(shape[1], shape[0]).T.astype(np.float32)


def q4_k(shape: tuple[int, int]) -> Array:
    """As Q4_1, but some blocks use only the middle of their 16 values."""
    weight = q4_1(shape).T.reshape(shape[1], -1, BLOCK)
    narrow = weight[1, 0].min() + 0.02 * RANDOM.integers(0, 9, BLOCK)
    narrow[:2] = narrow.min(), narrow.min() + 0.02 * 11
    weight[1, 0] = narrow
    return weight.reshape(shape[1], shape[0]).T.astype(np.float32)


def graph_of(*weights: Array) -> onnx.ModelProto:
    """x times each of them, side by side."""
    tensors = [
        numpy_helper.from_array(np.ascontiguousarray(weight), f"w{n}") for n, weight in enumerate(weights)
    ]
    nodes = [
        helper.make_node("MatMul", ["x", tensor.name], [f"y{n}"], name=f"y{n}")
        for n, tensor in enumerate(tensors)
    ]
    value = helper.make_tensor_value_info
    inputs = [value("x", TensorProto.FLOAT, [1, "s", INPUTS])]
    outputs = [value(node.output[0], TensorProto.FLOAT, [1, "s", OUTPUTS]) for node in nodes]
    graph = helper.make_graph(nodes, "products", inputs, outputs, tensors)
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def run(model: onnx.ModelProto, x: Array) -> list[Array]:
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found: list[Array] = session.run(None, {"x": x})
    return found


def bits_of(model: onnx.ModelProto) -> list[int]:
    products = [node for node in model.graph.node if node.op_type == "MatMulNBits"]
    return sorted(next(a.i for a in node.attribute if a.name == "bits") for node in products)


def exact_inputs(rows: int) -> Array:
    """Inputs that 8 bits represent exactly, so that the remaining error is that of the weights."""
    x = RANDOM.integers(-127, 128, (1, rows, INPUTS)).astype(np.float32)
    x[..., :: BLOCK // 2] = 127
    return x


@pytest.mark.parametrize("rows", [1, 5])
def test_at_8_bits_they_are_nearer_to_them_than_rounded_weights_are(rows: int) -> None:
    four, eight = q4_1((INPUTS, OUTPUTS)), q8_0((INPUTS, OUTPUTS))
    x = exact_inputs(rows)

    kept = quantise(graph_of(four, eight), Blocks.named("grid8"))
    rounded = quantise(graph_of(four), Blocks.named("int8-block32"))

    assert bits_of(kept) == [8, 8]
    found, exact = run(kept, x)
    np.testing.assert_allclose(exact, x @ eight, rtol=1e-4, atol=2e-2)
    apart = [np.abs(one - x @ four).mean() for one in (found, run(rounded, x)[0])]
    assert apart[0] < apart[1] / 2


@pytest.mark.parametrize("rows", [1, 5])
def test_the_products_are_those_of_the_weights_as_they_were(rows: int) -> None:
    four, eight = q4_1((INPUTS, OUTPUTS)), q8_0((INPUTS, OUTPUTS))
    x = exact_inputs(rows)

    kept = quantise(graph_of(four, eight), Blocks.named("grid"))

    assert bits_of(kept) == [4, 8]
    for found, weight in zip(run(kept, x), (four, eight), strict=True):
        np.testing.assert_allclose(found, x @ weight, rtol=1e-4, atol=2e-2)


@pytest.mark.parametrize("rows", [1, 5])
def test_files_of_mixed_bits_keep_each_of_their_grids(rows: int) -> None:
    shape = (INPUTS, OUTPUTS)
    weights = [q4_k(shape), around_zero(shape, 32, 16), around_zero(shape, 16, 32), q8_0(shape)]
    x = exact_inputs(rows)

    kept = quantise(graph_of(*weights), Blocks.named("grid"))

    assert bits_of(kept) == [4, 8, 8, 8]
    for found, weight in zip(run(kept, x), weights, strict=True):
        np.testing.assert_allclose(found, x @ weight, rtol=1e-4, atol=2e-2)


def test_what_lies_on_no_grid_is_rounded_to_8_bits() -> None:
    never = RANDOM.normal(0, 0.02, (INPUTS, OUTPUTS)).astype(np.float32)
    kept = quantise(graph_of(q4_1((INPUTS, OUTPUTS)), never), Blocks.named("grid"))
    assert bits_of(kept) == [4, 8]


def test_weights_that_were_never_rounded_are_refused() -> None:
    never = RANDOM.normal(0, 0.02, (INPUTS, OUTPUTS)).astype(np.float32)
    for name in ("grid", "grid8"):
        with pytest.raises(NotOnGridError):
            quantise(graph_of(never), Blocks.named(name))


def test_an_embedding_on_8_bits_is_looked_up_in_the_weights_of_the_head() -> None:
    four, head = q4_1((INPUTS, OUTPUTS)), q8_0((INPUTS, OUTPUTS))
    model = graph_of(four, head)
    table = numpy_helper.from_array(np.ascontiguousarray(head.T), "embedding")
    model.graph.initializer.append(table)
    model.graph.node.insert(0, helper.make_node("Gather", ["embedding", "ids"], ["rows"], name="rows"))
    model.graph.input.append(helper.make_tensor_value_info("ids", TensorProto.INT64, [1, "n"]))
    model.graph.output.append(helper.make_tensor_value_info("rows", TensorProto.FLOAT, [1, "n", INPUTS]))

    kept = quantise(model, Blocks.named("grid"))

    large = [tensor for tensor in kept.graph.initializer if tensor.data_type == TensorProto.UINT8]
    assert [list(tensor.dims) for tensor in large] == [[OUTPUTS, INPUTS // BLOCK, BLOCK], [OUTPUTS, 3, 16]]
    session = ort.InferenceSession(kept.SerializeToString(), providers=["CPUExecutionProvider"])
    ids = np.array([[3, 0, OUTPUTS - 1]])
    (rows,) = session.run(["rows"], {"ids": ids, "x": exact_inputs(1)})
    np.testing.assert_allclose(rows[0], head.T[ids[0]], rtol=1e-6)
    (logits,) = session.run(["y1"], {"ids": ids, "x": exact_inputs(2)})
    assert np.isfinite(logits).all()
