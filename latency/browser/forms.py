"""The fused graph of a prepared model, with its matrix products in other forms.

The form of the weights that is fastest natively is the slowest in WebAssembly
(findings/four-bits-in-webassembly.sh), so a browser needs another one. Every form is made from the weights of
the prepared graph, not from the original ones: all that a form loses is what it rounds itself.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from foretype.models.manifest import GRAPH, Geometry
from foretype.prepare.check import Ids
from foretype.prepare.quantise import Blocks, quantise
from foretype.runtime.arena import lone_arena
from foretype.runtime.chunk import Chunk
from foretype.runtime.feed import of_text
from foretype.runtime.host_pool import HostPool
from foretype.runtime.providers import CPU_ONLY
from foretype.runtime.session import open_session
from foretype.support.cores import physical_cores

WEIGHTS = "weights.bin"
"""The file beside the graph that holds its weights."""
IN_THE_GRAPH = 1024  # bytes: smaller tensors stay in the graph, where ONNX Runtime looks for shapes

ZERO = np.array(128, np.uint8)  # of rounded values

Array = NDArray[np.float32]


# -- one product in a form --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Product:
    """The nodes of a product, and the weights that they read."""

    nodes: Sequence[onnx.NodeProto]
    weights: Mapping[str, NDArray[Any]]


MakeProduct = Callable[[str, Array, str], Product]
"""From the name of the input, the weight (K, N), and the name of the output."""


def float32(source: str, weight: Array, output: str) -> Product:
    return Product([_node("MatMul", [source, f"{output}.w"], output)], {f"{output}.w": weight})


def int8(source: str, weight: Array, output: str) -> Product:
    """In 8 bits, with one scale for each column of the weight, and one for the input of the whole run: tokens
    that run together change each other's results a little.
    """
    name = f"{output}.input"
    parts = [name, f"{name}.scale", f"{name}.zero"]
    rounded, scale = _rounded(weight)
    nodes = [
        helper.make_node("DynamicQuantizeLinear", [source], parts, name=name),
        _node("MatMulInteger", [name, f"{output}.w", parts[2], f"{output}.zero"], f"{output}.sums"),
        _node("Cast", [f"{output}.sums"], f"{output}.floats", to=TensorProto.FLOAT),
        _node("Mul", [parts[1], f"{output}.scales"], f"{output}.both"),
        _node("Mul", [f"{output}.floats", f"{output}.both"], output),
    ]
    return Product(nodes, {f"{output}.w": rounded, f"{output}.scales": scale, f"{output}.zero": ZERO})


def int8_rows(source: str, weight: Array, output: str) -> Product:
    """As `int8`, but with one scale for each token of the input."""
    name = f"{output}.input"
    rounded, scale = _rounded(weight)
    weights: dict[str, NDArray[Any]] = {
        "w": rounded,
        "scales": scale,
        "axis": np.array([-1]),
        "least": np.array(1e-9, np.float32),
        "steps": np.array(127, np.float32),
        "middle": np.array(ZERO, np.float32),
        "zero": ZERO,
    }
    nodes = [
        _node("Abs", [source], f"{name}.size"),
        _node("ReduceMax", [f"{name}.size", f"{output}.axis"], f"{name}.most", keepdims=1),
        _node("Max", [f"{name}.most", f"{output}.least"], f"{name}.some"),
        _node("Div", [f"{name}.some", f"{output}.steps"], f"{name}.scale"),
        _node("Div", [source, f"{name}.scale"], f"{name}.scaled"),
        _node("Round", [f"{name}.scaled"], f"{name}.whole"),
        _node("Add", [f"{name}.whole", f"{output}.middle"], f"{name}.moved"),
        _node("Cast", [f"{name}.moved"], name, to=TensorProto.UINT8),
        _node("MatMulInteger", [name, f"{output}.w", f"{output}.zero", f"{output}.zero"], f"{output}.sums"),
        _node("Cast", [f"{output}.sums"], f"{output}.floats", to=TensorProto.FLOAT),
        _node("Mul", [f"{output}.floats", f"{output}.scales"], f"{output}.columns"),
        _node("Mul", [f"{output}.columns", f"{name}.scale"], output),
    ]
    return Product(nodes, {f"{output}.{part}": value for part, value in weights.items()})


def _rounded(weight: Array) -> tuple[NDArray[np.uint8], Array]:
    """The weight (K, N) in steps of its columns' scales (N,), around `ZERO`.

    With signed weights, sums of products with an unsigned input saturate on processors with AVX2 and without
    VNNI, and the results are wrong without a word (ONNX Runtime 1.32).
    """
    most = np.abs(weight).max(axis=0)
    scale = np.where(most == 0, 1, most / 127).astype(np.float32)
    return (np.rint(weight / scale) + ZERO).astype(np.uint8), scale


def _node(operator: str, inputs: Sequence[str], output: str, **attributes: int) -> onnx.NodeProto:
    return helper.make_node(operator, inputs, [output], name=output, **attributes)


def smoothed(product: MakeProduct, most: Mapping[str, Array]) -> MakeProduct:
    """`product` of an input whose values were divided by one factor for each column, and of a weight whose
    rows were multiplied by it, so that neither has a few large values that take most of the 8 bits
    (SmoothQuant, Xiao et al., 2023, with a migration strength of 0.5).

    most: the largest values of inputs, (K,) by their names.
    """

    def made(source: str, weight: Array, output: str) -> Product:
        in_weight = np.abs(weight).max(axis=1)
        usable = (most[source] > 0) & (in_weight > 0)
        factor = np.sqrt(np.where(usable, most[source], 1) / np.where(usable, in_weight, 1)).astype(
            np.float32
        )
        name = f"{output}.smooth"
        inner = product(name, weight * factor[:, None], output)
        division = _node("Mul", [source, f"{output}.smoothing"], name)
        return Product([division, *inner.nodes], {**inner.weights, f"{output}.smoothing": 1 / factor})

    return made


# -- a graph in a form --------------------------------------------------------


def with_products(model: onnx.ModelProto, product: MakeProduct) -> onnx.ModelProto:
    """The graph with `product` in place of each `MatMulNBits`, and of the correction that
    `foretype.prepare.grid` adds to it. `model` is changed.
    """
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    adding = _additions(graph)
    gone: set[str] = set()
    made: dict[str, Product] = {}
    for node in graph.node:
        if node.op_type == "MatMulNBits":
            weight, output = _unpacked(node, weights), node.output[0]
            if output in adding:
                addition = adding[output]
                weight += np.repeat(_array(weights[addition.factor]) / addition.block, addition.block, axis=0)
                output = addition.output
                gone |= addition.nodes
            made[node.name] = product(node.input[0], weight, output)
    nodes = [
        new
        for node in graph.node
        if node.name not in gone
        for new in (made[node.name].nodes if node.name in made else [node])
    ]
    used = {name for node in nodes for name in node.input}
    tensors = [tensor for tensor in graph.initializer if tensor.name in used]
    tensors += [
        numpy_helper.from_array(np.ascontiguousarray(value), name)
        for one in made.values()
        for name, value in one.weights.items()
    ]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(tensors)
    return model


@dataclass(frozen=True, slots=True)
class _Addition:
    """The means of an input's blocks times the matrix `factor`, added to a product."""

    factor: str
    block: int
    output: str
    nodes: frozenset[str]


def _additions(graph: onnx.GraphProto) -> dict[str, _Addition]:
    """By the output of the product that each is added to."""
    makers = {output: node for node in graph.node for output in node.output}
    found = {}
    for add in graph.node:
        if add.op_type != "Add":
            continue
        parts = {makers[name].op_type: makers[name] for name in add.input if name in makers}
        if parts.keys() != {"MatMulNBits", "MatMul"}:
            continue
        matmul = parts["MatMul"]
        pool = makers[matmul.input[0]]
        (block,) = helper.get_node_attr_value(pool, "kernel_shape")
        nodes = frozenset({add.name, matmul.name, pool.name})
        found[parts["MatMulNBits"].output[0]] = _Addition(matmul.input[1], block, add.output[0], nodes)
    return found


def _unpacked(node: onnx.NodeProto, weights: Mapping[str, onnx.TensorProto]) -> Array:
    """The weight (K, N) of a `MatMulNBits` with blocks of 4 or 8 bits, symmetric or with zero points."""
    bits = helper.get_node_attr_value(node, "bits")
    packed, scale = (_array(weights[name]) for name in node.input[1:3])
    columns, blocks = packed.shape[:2]
    steps = _numbers(packed, bits).reshape(columns, blocks, -1).astype(np.float32)
    if len(node.input) > 3:
        zeros = _numbers(_array(weights[node.input[3]]).reshape(columns, -1), bits)[:, :blocks, None]
    else:
        zeros = np.array(2 ** (bits - 1), np.uint8)
    values = (steps - zeros) * scale.reshape(columns, blocks, 1)
    return np.ascontiguousarray(values.reshape(columns, -1).T, np.float32)


def _numbers(packed: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    """Those that the bytes of the last dimension hold: two in each for 4 bits, the lower half first."""
    if bits == 8:
        return packed
    return np.stack([packed & 15, packed >> 4], axis=-1).reshape(*packed.shape[:-1], -1)


def _array(tensor: onnx.TensorProto) -> NDArray[Any]:
    found: NDArray[Any] = numpy_helper.to_array(tensor)
    return found


def largest_inputs(model: onnx.ModelProto, geometry: Geometry, ids: Ids) -> dict[str, Array]:
    """The largest absolute values that the inputs of the products have for this text, (K,) by their names."""
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    names = list(dict.fromkeys(node.input[0] for node in model.graph.node if node.op_type == "MatMulNBits"))
    watched.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    rows = np.arange(len(ids), dtype=np.int64)
    pool = HostPool(geometry, 1, len(ids))
    feed = dict(of_text(lone_arena(pool), Chunk(ids, rows, None, rows), np.float32))
    for layer in range(geometry.layers):
        for part in ("key", "value"):
            feed[f"past_key_values.{layer}.{part}"] = np.zeros((1, *pool.row_shape), np.float32)
    session = open_session(watched.SerializeToString(), physical_cores(), CPU_ONLY)
    found = session.run(names, feed)
    return {
        name: np.abs(value).reshape(-1, value.shape[-1]).max(axis=0)
        for name, value in zip(names, found, strict=True)
    }


def in_form(model: onnx.ModelProto, form: str, geometry: Geometry, ids: Ids) -> onnx.ModelProto:
    """The graph in one of `FORMS`. `ids`: a text for which the values of inputs are looked at. `model` is
    changed.
    """
    if form == "prepared":
        return model
    if form == "blocks8":
        return quantise(with_products(model, float32), Blocks.named("grid8"))
    if form == "float32":
        return with_products(model, float32)
    product = smoothed(int8 if form == "int8" else int8_rows, largest_inputs(model, geometry, ids))
    return with_products(model, product)


FORMS = ("prepared", "blocks8", "float32", "int8", "int8-rows")


def _loaded(prepared: Path) -> onnx.ModelProto:
    """The graph with its weights. onnx refuses weights in a file that has a second name, as in a duplicated
    model (findings/a-second-name-for-weights.sh), so such a model is copied.
    """
    if all(file.stat().st_nlink == 1 for file in prepared.iterdir()):
        return onnx.load(prepared / GRAPH)
    with tempfile.TemporaryDirectory() as folder:
        return onnx.load(shutil.copytree(prepared, Path(folder) / "copy") / GRAPH)


def write_form(prepared: Path, form: str, geometry: Geometry, ids: Ids, folder: Path) -> None:
    """Write the graph of the prepared model `in_form`: `GRAPH`, and `WEIGHTS` beside it."""
    model = in_form(_loaded(prepared), form, geometry, ids)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS).unlink(missing_ok=True)  # onnx would append to it
    onnx.save(
        model,
        folder / GRAPH,
        save_as_external_data=True,
        location=WEIGHTS,
        size_threshold=IN_THE_GRAPH,
    )
