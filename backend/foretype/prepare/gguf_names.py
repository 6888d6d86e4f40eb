"""The names of a model's weights in a GGUF file (llama.cpp's), from those of transformers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from foretype.prepare.gguf_file import GgufFile, UnknownGgufError

EMBEDDING = "token_embd"
_IN_A_LAYER = re.compile(r"model\.layers\.(\d+)\.(.+)")


def name_of(module: str, modules: Mapping[str, str]) -> str:
    """The file's name of a module of transformers. `modules`: from the names of transformers, in a layer
    without its beginning, to those of llama.cpp. Raises UnknownGgufError.
    """
    found = _IN_A_LAYER.fullmatch(module)
    name = modules.get(module if found is None else found[2])
    if name is None:
        raise UnknownGgufError(f"no name for {module} is known in a GGUF file")
    return name if found is None else f"blk.{found[1]}.{name}"


def refuse_others(file: GgufFile, modules: Mapping[str, str], outside: tuple[str, ...], layers: int) -> None:
    """A weight that the fused graph does not use, such as a bias, would silently be left out. `outside`: the
    modules that are in no layer. Raises UnknownGgufError.
    """
    known = {EMBEDDING, *(modules[module] for module in outside)}
    for layer in range(layers):
        known |= {f"blk.{layer}.{name}" for name in modules.values()}
    if unknown := file.tensor_names - {f"{name}.weight" for name in known}:
        raise UnknownGgufError(f"the GGUF file has weights of an unknown kind, such as {min(unknown)}")
