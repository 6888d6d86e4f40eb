"""Float16 weights for GPUs: the attention operator has CUDA kernels in half precision only.

The quality gate measures them like every other kind of weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx


def halve(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph in float16, its logits in float32. `model` is changed.

    Past key values and `attention_bias` become float16 too.
    """
    from onnxruntime.transformers.float16 import convert_float_to_float16

    halved: onnx.ModelProto = convert_float_to_float16(
        model, keep_io_types=["logits"], disable_shape_infer=True
    )
    return halved
