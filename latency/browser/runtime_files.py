"""The packages of the page, which npm installs from its lock file."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from latency.errors import MeasurementError

PAGE = Path(__file__).parent / "page"
PACKAGE = PAGE / "node_modules" / "onnxruntime-web"
INSTALLED = PAGE / "node_modules" / ".installed"  # the lock file whose packages are installed
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
    """The packages cannot be installed, or do not run. The message says why."""


def runtime_files(provider: str) -> list[Path]:
    """Raises NoRuntimeError."""
    install()
    return [PACKAGE / "dist" / name for name in FILES[provider]]


def locked_version() -> str:
    """The version of onnxruntime-web in the lock file."""
    packages = json.loads((PAGE / "package-lock.json").read_text("utf-8"))["packages"]
    found: str = packages["node_modules/onnxruntime-web"]["version"]
    return found


def install() -> None:
    """Installs the packages of the lock file, if they are not. Raises NoRuntimeError."""
    lock = (PAGE / "package-lock.json").read_bytes()
    if INSTALLED.is_file() and INSTALLED.read_bytes() == lock:
        return
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
    INSTALLED.write_bytes(lock)
