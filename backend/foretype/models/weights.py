"""Names of kinds of weights that have a meaning of their own beside the quantised ones."""

from __future__ import annotations

FLOAT32 = "float32"
"""The weights as they were trained: what every other kind is compared with."""
FLOAT16 = "float16"
"""The one kind for which the fused attention has kernels on a GPU."""
