"""The name of this machine, for tables of figures."""

from __future__ import annotations

import platform
from pathlib import Path

_INFO = Path("/proc/cpuinfo")
# Instructions for fast products of 8 bits, as Linux names them. Only the first one that is present is shown.
_MEANS = {
    "amx_int8": "AMX",
    "avx512_vnni": "AVX-512 VNNI",
    "avx_vnni": "AVX-VNNI",
    "avx512f": "AVX-512",
    "avx2": "AVX2",
    "i8mm": "i8mm",
    "asimddp": "dot products",
}


def processor(info: Path = _INFO) -> str:
    """The processor's name and, if the system says so, its instructions for 8 bits: ratios depend on them."""
    try:
        lines = [line.partition(":") for line in info.read_text("utf-8").splitlines()]
    except OSError:
        lines = []
    said = {key.strip().lower(): value.strip() for key, _, value in reversed(lines)}
    name = said.get("model name") or platform.processor() or platform.machine()
    flags = set((said.get("flags") or said.get("features") or "").split())
    means = next((name for flag, name in _MEANS.items() if flag in flags), None)
    return f"{name} with {means}" if means else name


def machine_name() -> str:
    return f"{processor()}, {platform.system()}"
