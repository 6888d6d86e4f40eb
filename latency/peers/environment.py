"""The peers' packages, in a virtual environment of their own: makes it, installs them, and lists them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from foretype.support.progress import Progress
from latency.paths import ROOT

ENVIRONMENT = ROOT / ".venv-peers"
REQUIREMENTS = Path(__file__).parent / "requirements.txt"

# Wheels of llama.cpp are for any processor of a kind. Compiled here, it uses all instructions of this one.
BUILD = {"CMAKE_ARGS": "-DGGML_NATIVE=ON"}
FROM_SOURCE = "llama-cpp-python"

_LIST = """
import importlib.metadata, json
print(json.dumps({d.metadata["Name"]: d.version for d in importlib.metadata.distributions()}))
"""


@dataclass(frozen=True, slots=True)
class Pin:
    package: str
    version: str


def read_pins(file: Path = REQUIREMENTS) -> list[Pin]:
    """The lines of a requirements file. Each is `package==version  # why`."""
    lines = (line.split("#")[0].strip() for line in file.read_text("utf-8").splitlines())
    return [Pin(*line.split("==")) for line in lines if line]


class Environment:
    """`.venv-peers`. It has the same Python as this process, so each can use packages of the other."""

    def __init__(self, folder: Path = ENVIRONMENT, requirements: Path = REQUIREMENTS) -> None:
        self.folder = folder
        self.python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self.packages = Path(
            sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
        )
        self._requirements = requirements

    def exists(self) -> bool:
        return self.python.exists()

    def version(self, package: str) -> str:
        """The pinned version of a package."""
        return next(pin.version for pin in read_pins(self._requirements) if pin.package == package)

    def missing(self) -> list[Pin]:
        """The pinned packages that are not installed, or installed in another version."""
        pins = read_pins(self._requirements)
        if not self.exists():
            return pins
        asked = subprocess.run([self.python, "-c", _LIST], capture_output=True, text=True, check=True)
        there = {
            name.lower().replace("_", "-"): version for name, version in json.loads(asked.stdout).items()
        }
        return [pin for pin in pins if there.get(pin.package) != pin.version]

    def install(self, log: Path, progress: Progress) -> dict[str, str]:
        """Installs the missing packages one by one, so that one that fails does not prevent the others.

        Returns by package, in a line, why it could not be installed. pip's output goes to `log`.
        """
        if not self.exists():
            with progress.step("make .venv-peers"):
                subprocess.run([sys.executable, "-m", "venv", self.folder], check=True)
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("")
        reasons = {}
        for pin in self.missing():
            building = (
                " (it is compiled, which takes ten minutes or more)" if pin.package == FROM_SOURCE else ""
            )
            with progress.step(f"install {pin.package} {pin.version}{building}"):
                reason = self._pip(pin, log)
            if reason is not None:
                progress.say(f"{pin.package} {pin.version} could not be installed: {reason}")
                reasons[pin.package] = reason
        return reasons

    def _pip(self, pin: Pin, log: Path) -> str | None:
        """Installs a package. Returns why that was not possible, or None."""
        options = ["--disable-pip-version-check", "--no-input", "--no-binary", FROM_SOURCE]
        wanted = ["--constraint", str(self._requirements), f"{pin.package}=={pin.version}"]
        with log.open("a", encoding="utf-8") as out:
            began = out.tell()
            code = subprocess.run(
                [self.python, "-m", "pip", "install", *options, *wanted],
                env=os.environ | BUILD,
                stdout=out,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
        return _first_error(log.read_text("utf-8", errors="replace")[began:]) if code else None


def _first_error(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")] or lines[-1:]
    return errors[0].removeprefix("ERROR:").strip() if errors else "pip gave no reason"
