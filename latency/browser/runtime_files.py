"""The files of onnxruntime-web, installed with npm from the lock file of the page."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from latency.errors import MeasurementError

PAGE = Path(__file__).parent / "page"
PACKAGE = PAGE / "node_modules" / "onnxruntime-web"
FILES = {
    "wasm": ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"),
    "webgpu": (
        "ort.webgpu.min.mjs",
        "ort-wasm-simd-threaded.asyncify.mjs",
        "ort-wasm-simd-threaded.asyncify.wasm",
    ),
}
"""By the provider that needs them."""


class NoRuntimeError(MeasurementError):
    """onnxruntime-web cannot be installed. The message says why."""


def runtime_files(provider: str) -> list[Path]:
    """Installs the package if it is missing or has another version than the lock file. Raises
    NoRuntimeError.
    """
    if _installed() != locked_version():
        _install()
    return [PACKAGE / "dist" / name for name in FILES[provider]]


def _installed() -> str | None:
    try:
        found: str = json.loads((PACKAGE / "package.json").read_text("utf-8"))["version"]
    except FileNotFoundError:
        return None
    return found


def locked_version() -> str:
    packages = json.loads((PAGE / "package-lock.json").read_text("utf-8"))["packages"]
    found: str = packages["node_modules/onnxruntime-web"]["version"]
    return found


def _install() -> None:
    try:
        subprocess.run(
            ["npm", "ci", "--ignore-scripts"], cwd=PAGE, check=True, capture_output=True, text=True
        )
    except OSError as error:
        raise NoRuntimeError(
            f"npm, which installs onnxruntime-web, cannot be run: {error.strerror}."
        ) from error
    except subprocess.CalledProcessError as error:
        raise NoRuntimeError(f"`npm ci` failed in {PAGE}: {error.stderr.strip()[-300:]}") from error
