"""The execution providers that a person can ask for."""

from __future__ import annotations

from enum import StrEnum


class Provider(StrEnum):
    """The values of `FORETYPE_PROVIDER`."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    TENSORRT = "tensorrt"
    OPENVINO = "openvino"
    WEBGPU = "webgpu"
    TENSORRT_RTX = "tensorrt-rtx"
    QNN = "qnn"
    MLX = "mlx"


ON_NVIDIA = (Provider.CUDA, Provider.TENSORRT)
"""The providers with memory of their own, which need float16 weights."""
