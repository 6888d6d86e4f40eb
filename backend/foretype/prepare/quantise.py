"""Weights of 8 or 4 bits: `MatMulNBits` with products in 8 bits (accuracy level 4), also for the output head.
Blocks are symmetric, or have a zero point of their own.

The embedding stays float32: a lookup costs nothing, and because its file is mapped, only the rows that are
used take memory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import onnx

from foretype.prepare.grid import BLOCK, keep_grids
from foretype.prepare.packages import require_export

_NAME = re.compile(r"int(?P<bits>4|8)-block(?P<block>16|32|64|128)(?P<zeros>-zeros)?|grid(?P<grid>8?)")


@dataclass(frozen=True, slots=True)
class Blocks:
    """The way weights are rounded: to `bits` bits each; `block` of them share a scale.

    grid: the bits at which weights that were rounded before stay as they are (foretype.prepare.grid); only
    the others are rounded. 0: all weights are rounded. zeros: whether each block has a zero point, a whole
    number, so that its values need not lie around 0.
    """

    bits: int
    block: int
    grid: int = 0
    zeros: bool = False

    @classmethod
    def named(cls, name: str) -> Blocks:
        """From a name as recipes write it: “int8-block32”, “grid”. Raises ValueError for any other."""
        match = _NAME.fullmatch(name)
        if match is None:
            raise ValueError(
                f"“{name}” is not a kind of weights; choose float32, float16, grid, grid8, "
                "or one like int8-block32"
            )
        if match["grid"] is not None:
            return cls(8, BLOCK, grid=8 if match["grid"] else 4)
        return cls(int(match["bits"]), int(match["block"]), zeros=match["zeros"] is not None)


def quantise(model: onnx.ModelProto, blocks: Blocks) -> onnx.ModelProto:
    """The same graph with its matrix products quantised. `model` is changed.

    Raises NotOnGridError, and ExportMissingError if weights have to be rounded and onnx_ir is not installed.
    """
    exact = keep_grids(model, blocks.grid) if blocks.grid else []
    if not _products_left(model, exact):
        return model
    require_export("Rounding weights in this way")  # for onnx_ir, which the next line imports
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    quantiser = MatMulNBitsQuantizer(
        model,
        bits=blocks.bits,
        block_size=blocks.block,
        is_symmetric=not blocks.zeros,
        accuracy_level=4,
        nodes_to_exclude=exact,
    )
    quantiser.process()
    quantised: onnx.ModelProto = quantiser.model.model
    return quantised


def _products_left(model: onnx.ModelProto, exact: list[str]) -> bool:
    """Whether matrix products are left to be quantised."""
    return any(node.op_type == "MatMul" and node.name not in exact for node in model.graph.node)
