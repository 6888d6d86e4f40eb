"""The execution providers that a person can ask for."""

from __future__ import annotations

from enum import StrEnum


class Provider(StrEnum):
    """The values of `FORETYPE_PROVIDER`."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    TENSORRT = "tensorrt"
