"""An environment of its own for a provider's package: two builds of ONNX Runtime write the same files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass

from foretype.runtime.providers import FOR_THE_CPU, PACKAGES
from latency.errors import MeasurementError
from latency.paths import OUT, ROOT

FOLDER = OUT / "providers"
LOCK = ROOT / "requirements.lock"
PIN = re.compile(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.+!]+)")


class NoEnvironmentError(MeasurementError):
    """The environment cannot be made. The message says why."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A package in one version."""

    package: str
    version: str

    @classmethod
    def of(cls, text: str) -> Pin:
        """Raises NoEnvironmentError unless `text` is `NAME==VERSION`."""
        found = PIN.fullmatch(text)
        if found is None:
            raise NoEnvironmentError(f"“{text}” is no package with a version, such as onnxruntime==1.32.0.")
        return cls(*found.groups())

    def __str__(self) -> str:
        return f"{self.package}=={self.version}"

    @property
    def replaces_the_runtime(self) -> bool:
        """Whether the package is a build of ONNX Runtime. If not, it is a plug-in, installed beside it."""
        return self.package in PACKAGES


def requirements_for(pin: Pin, lock: str) -> str:
    """The packages of the lock that an environment with this package has: without ONNX Runtime's own build if
    the package is another one.
    """
    packages = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)
    own = f"{FOR_THE_CPU}=="
    return "".join(one for one in packages if not (pin.replaces_the_runtime and one.startswith(own)))


def python_with(pin: Pin) -> str:
    """The Python of an environment with the locked packages and `pin`. The environment is made once, in a
    minute, and kept. Raises NoEnvironmentError.
    """
    folder = FOLDER / f"{pin.package}-{pin.version}"
    python = str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    whole = folder / "whole"  # it is there if nothing is missing
    if not whole.is_file():
        _call(sys.executable, "-m", "venv", "--clear", str(folder))
        requirements = folder / "requirements.txt"
        requirements.write_text(requirements_for(pin, LOCK.read_text("utf-8")), "utf-8")
        install = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
        _call(*install, "--requirement", str(requirements))
        _call(*install, str(pin))
        whole.touch()
    return python


def _call(*command: str) -> None:
    ended = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if ended.returncode != 0:
        raise NoEnvironmentError(f"`{' '.join(command)}` failed: {ended.stderr.strip()[-300:]}")
