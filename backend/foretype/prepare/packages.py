"""The packages that make a model: their versions, and those that only the extra `export` brings."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from foretype import __version__
from foretype.models.errors import CannotPrepareError, ExportMissingError
from foretype.runtime.providers import installed_versions

PACKAGES = ("torch", "transformers", "optimum", "optimum-onnx", "onnx", "onnxruntime", "onnxruntime-gpu")
EXPORT = ("torch", "transformers", "optimum", "accelerate", "onnx_ir")  # their modules


def versions() -> dict[str, str]:
    """Versions of the installed packages that make a model. ONNX Runtime has one of two names."""
    return {"foretype": __version__, **installed_versions(PACKAGES)}


def has_export() -> bool:
    """Whether the packages of the extra `export` are installed. Imports none of them."""
    return all(importlib.util.find_spec(module) is not None for module in EXPORT)


def require_onnx(recipe: str, models_dir: Path) -> None:
    """Raises CannotPrepareError if this installation can only serve."""
    if importlib.util.find_spec("onnx") is None:
        raise CannotPrepareError(recipe, models_dir)


def require_export(what: str, reason: str | None = None) -> None:
    """Raises ExportMissingError if these packages are not installed. `what` needs them: “Preparing gpt2”.
    `reason`: why, if others of its kind do not need them.
    """
    if not has_export():
        raise ExportMissingError(what, reason)
