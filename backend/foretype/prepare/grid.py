"""Keeping weights exactly as they are if they were rounded before.

In a GGUF file, Q4_1 gives each block of 32 weights 16 values in equal steps, from the least to the greatest;
Q8_0 gives 255 values, symmetric around zero. Q4_K is like Q4_1, but need not use all 16 values. Q5_0 and Q6_K
have 32 and 64 values around zero, Q6_K for blocks of 16; they are kept with 8 bits. Read as float32, the
weights are still on those grids, so the grids can be found again. Rounding to another grid of 4 bits makes
bits per byte 8 % worse. Keeping the grid costs no quality, and 4 bits halve the bytes that a step reads
(docs/decisions/0010-quantisation.md).

`MatMulNBits` has symmetric grids, `scale * (q - 8)`. The offset between a block's own grid and the symmetric
one is the same for all weights of the block, so the product is corrected with the means of the input's
blocks:

    x @ W = MatMulNBits(x; q, scale) + blocks(x).mean(-1) @ offset      offset = BLOCK * (least + 8 * scale)

It uses the mean, not the sum, because `AveragePool` computes the mean in one node and a sum takes two, and a
step has 120 products.

With 8 bits, the same grid needs no correction. It consists of every n-th of 256 values around a zero point:

    weight = scale / n * (n * q - zero)        zero = -rint(n * least / scale), n of 1 to 17

The n whose zero point is nearest to a whole number is taken. A step then reads twice as many bytes in fewer
products, which is faster on processors with fast 8-bit products (AVX-512 VNNI).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

BLOCK, SMALL_BLOCK = 32, 16
STEPS = range(15, 0, -1)  # between the least and the greatest weight of a block of 4 bits
EXTREMES = (127, *range(32, 0, -1))  # the greatest weight of a block of 8, 6 or 5 bits, in steps from zero
SAMPLE = 64  # blocks that are tried before all others
SPREADS = range(1, 18)  # 17 * 15 = 255
FAR = 0.1  # of such a step: with a larger error of the zero point, rounding the block is better
NEAR = 1e-2  # of a step: a weight that is further from a value of the grid is not on the grid
CONTRIB = "com.microsoft"

Array = NDArray[np.float32]


class NotOnGridError(Exception):
    """The weights were not rounded before, or were rounded in another way."""


def keep_grids(model: onnx.ModelProto, bits: int) -> list[str]:
    """Replace the matrix products whose weights are on a grid, in `model` itself; those on 4-bit grids become
    products of `bits`, 4 or 8. Returns the names of new float32 products, which must not be quantised. Raises
    NotOnGridError if no weights are on a 4-bit grid.
    """
    return _Keeping(model, bits).run()


class _Keeping:
    def __init__(self, model: onnx.ModelProto, bits: int) -> None:
        self._bits = bits
        self._found = False  # whether any weights are on a 4-bit grid
        self._graph = model.graph
        self._weights = {tensor.name: tensor for tensor in model.graph.initializer}
        self._nodes: list[onnx.NodeProto] = []
        self._new: dict[str, onnx.TensorProto] = {}
        self._names: dict[bytes, str] = {}  # of the new ones, by their content
        self._gone: set[str] = set()
        self._exact: list[str] = []

    def run(self) -> list[str]:
        for node in self._graph.node:
            if not self._replaced(node):
                self._nodes.append(node)
        if not self._found:
            raise NotOnGridError("its weights are not on a grid of 4 bits")
        kept = [tensor for tensor in self._graph.initializer if tensor.name not in self._gone]
        del self._graph.initializer[:], self._graph.node[:]
        self._graph.initializer.extend([*kept, *self._new.values()])
        self._graph.node.extend(self._nodes)
        return self._exact

    def _replaced(self, node: onnx.NodeProto) -> bool:
        if node.op_type == "Gather" and node.input[0] in self._weights:
            return self._embedding(node)
        if node.op_type != "MatMul" or node.input[1] not in self._weights:
            return False
        weight = numpy_helper.to_array(self._weights[node.input[1]]).astype(np.float32)
        if weight.ndim != 2 or weight.shape[0] % BLOCK:
            return False
        rows = np.ascontiguousarray(weight.T)
        blocks, small = (rows.reshape(len(rows), -1, size) for size in (BLOCK, SMALL_BLOCK))
        if self._four_bits(node, blocks) or self._eight_bits(node, blocks) or self._eight_bits(node, small):
            self._gone.add(node.input[1])
            return True
        return False

    def _four_bits(self, node: onnx.NodeProto, blocks: Array) -> bool:
        least = blocks.min(-1, keepdims=True)
        scale = _scale_of_grid(blocks - least, blocks.max(-1, keepdims=True) - least, STEPS)
        if scale is None:
            return False
        ranks = np.rint((blocks - least) / scale)
        self._found = True
        if self._bits == 8:
            self._spread(node, blocks, least[..., 0], scale[..., 0])
            return True
        ranks = ranks.astype(np.uint8)
        source, output, name = node.input[0], node.output[0], node.input[1]
        packed = ranks[..., 0::2] | ranks[..., 1::2] << 4
        self._product(node, f"{output}.symmetric", packed, scale[..., 0], bits=4)
        offset = np.ascontiguousarray(BLOCK * (least + 8 * scale)[..., 0].T)
        correction = f"{output}.correction"
        self._nodes += [
            helper.make_node(
                "MatMul",
                [self._means(source), self._add(f"{name}_offset", offset)],
                [correction],
                name=correction,
            ),
            helper.make_node("Add", [f"{output}.symmetric", correction], [output], name=output),
        ]
        self._exact.append(correction)
        return True

    def _spread(self, node: onnx.NodeProto, blocks: Array, least: Array, scale: Array) -> None:
        """The values of a 4-bit grid as 8 bits with a zero point. Blocks without a near zero point are
        rounded.
        """
        spread = np.array(SPREADS, np.float32)[:, None, None]
        zeros = np.clip(-np.rint(spread * least / scale), 0, 255)
        apart = np.abs(least / scale + zeros / spread)
        nearest = np.argmin(apart, 0)[None]
        zero = np.take_along_axis(zeros, nearest, 0)[0]
        fine = scale / spread[nearest[0], 0, 0]
        none = np.take_along_axis(apart, nearest, 0)[0] > FAR
        zero[none] = 128
        fine[none] = _not_zero(np.abs(blocks[none]).max(-1) / 127)
        ranks = np.clip(np.rint(blocks / fine[..., None] + zero[..., None]), 0, 255)
        self._product(node, node.output[0], ranks.astype(np.uint8), fine, 8, zero.astype(np.uint8))

    def _eight_bits(self, node: onnx.NodeProto, blocks: Array) -> bool:
        found = _eight_bit_grid(blocks)
        if found is None:
            return False
        self._product(node, node.output[0], *found, bits=8)
        return True

    def _embedding(self, node: onnx.NodeProto) -> bool:
        """A lookup of rows, (n, s) ids to (n, s, size). The operator leaves the blocks in a dimension of
        their own, as they are in the weights of a product.
        """
        weight = numpy_helper.to_array(self._weights[node.input[0]])
        if weight.ndim != 2 or weight.shape[1] % BLOCK:
            return False
        found = _eight_bit_grid(weight.reshape(len(weight), -1, BLOCK))
        if found is None:
            return False
        name, source, output = node.input[0], f"{node.output[0]}.blocks", node.output[0]
        ranks, scale = found
        self._gone.add(name)
        scales = f"{name}_scales.of_blocks"
        inputs = [self._add(name, ranks), node.input[1], scales]
        each = [self._add(f"{name}_scales", scale), self._add("last", np.array([-1]))]
        self._nodes += [
            helper.make_node("Unsqueeze", each, [scales], name=scales),  # done when the graph is loaded
            helper.make_node(
                "GatherBlockQuantized",
                inputs,
                [source],
                name=source,
                domain=CONTRIB,
                gather_axis=0,
                quantize_axis=2,
                block_size=BLOCK,
                bits=8,
            ),
            helper.make_node(
                "Reshape", [source, self._add("rows_of_blocks", np.array([0, 0, -1]))], [output], name=output
            ),
        ]
        return True

    def _product(
        self,
        node: onnx.NodeProto,
        output: str,
        ranks: NDArray[np.uint8],
        scale: Array,
        bits: int,
        zero: NDArray[np.uint8] | None = None,
    ) -> None:
        name = node.input[1]
        inputs = [node.input[0], self._add(f"{name}_Q{bits}", ranks), self._add(f"{name}_scales", scale)]
        size = ranks.shape[1] * ranks.shape[2] * 8 // bits
        if zero is not None:
            inputs.append(self._add(f"{name}_zeros", zero))
        self._nodes.append(
            helper.make_node(
                "MatMulNBits",
                inputs,
                [output],
                name=output,
                domain=CONTRIB,
                K=size,
                N=scale.shape[0],
                bits=bits,
                block_size=size // scale.shape[1],
                accuracy_level=4,
            )
        )

    def _means(self, source: str) -> str:
        """The mean of each block of an input, (n, s, K / BLOCK), with tokens as the channels of
        `AveragePool`.
        """
        means = f"{source}.means"
        self._nodes.append(
            helper.make_node(
                "AveragePool", [source], [means], name=means, kernel_shape=[BLOCK], strides=[BLOCK]
            )
        )
        return means

    def _add(self, name: str, value: NDArray[np.generic]) -> str:
        """Add a weight, and return its name, or that of an equal one."""
        tensor = numpy_helper.from_array(np.ascontiguousarray(value))
        name = self._names.setdefault(tensor.SerializeToString(), name)
        tensor.name = name
        self._new[name] = tensor
        return name


def _eight_bit_grid(blocks: Array) -> tuple[NDArray[np.uint8], Array] | None:
    """The values of blocks that are on a symmetric grid of 255 values or fewer, around 128, and the blocks'
    scales.
    """
    scale = _scale_of_grid(blocks, np.abs(blocks).max(-1, keepdims=True), EXTREMES)
    if scale is None:
        return None
    return (np.rint(blocks / scale) + 128).astype(np.uint8), scale[..., 0]


def _scale_of_grid(blocks: Array, extreme: Array, counts: Sequence[int]) -> Array | None:
    """The step (…, 1) of which all weights of a block are whole multiples, and `extreme` (…, 1) one of
    `counts`; the first of them that fits. None if there is a block that none fits.
    """
    flat, ends = blocks.reshape(-1, blocks.shape[-1]), extreme.reshape(-1, 1)
    if _steps(flat[:SAMPLE], ends[:SAMPLE], counts) is None:  # most matrices that are on no grid end here
        return None
    found = _steps(flat, ends, counts)
    return None if found is None else found.reshape(extreme.shape)


def _steps(blocks: Array, extreme: Array, counts: Sequence[int]) -> Array | None:
    """As `_scale_of_grid`, for blocks (n, size)."""
    scale = _not_zero(extreme / counts[0])
    left = np.arange(len(blocks))
    for count in counts:
        scale[left] = _not_zero(extreme[left] / count)
        steps = blocks[left] / scale[left]
        left = left[np.abs(steps - np.rint(steps)).max(-1) > NEAR]
        if not len(left):
            return scale
    return None


def _not_zero(scale: NDArray[np.floating]) -> Array:
    """The scale, or 1 for a block of equal weights, whose scale would be 0."""
    positive: Array = np.where(scale == 0, np.float32(1), scale).astype(np.float32)
    return positive
