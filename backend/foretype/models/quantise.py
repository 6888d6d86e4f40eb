"""Eight-bit weights (or four): `MatMulNBits`, symmetric blocks, products in 8 bits (accuracy level 4), the
head included.

The embedding stays float32: a lookup costs nothing, and reading it from a mapped file keeps only the rows
in memory that are used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import onnx

FLOAT32 = "float32"
_NAME = re.compile(r"int(?P<bits>4|8)-block(?P<block>16|32|64|128)")


@dataclass(frozen=True, slots=True)
class Blocks:
    """How weights are rounded: `bits` each, `block` of them sharing a scale."""

    bits: int
    block: int

    @classmethod
    def named(cls, name: str) -> Blocks:
        """From a name as recipes write it, “int8-block32”. Raises ValueError for any other."""
        match = _NAME.fullmatch(name)
        if match is None:
            raise ValueError(f"“{name}” is no kind of weights: float32, or int8-block32 and the like")
        return cls(int(match["bits"]), int(match["block"]))


def quantise(model: onnx.ModelProto, blocks: Blocks) -> onnx.ModelProto:
    """The same graph with its matrix products quantised. `model` is used up."""
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    quantiser = MatMulNBitsQuantizer(
        model, bits=blocks.bits, block_size=blocks.block, is_symmetric=True, accuracy_level=4
    )
    quantiser.process()
    quantised: onnx.ModelProto = quantiser.model.model
    return quantised
