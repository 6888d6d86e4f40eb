"""The same weights in each peer's format, converted once from the recipe's file and kept in latency/out.

A converted file or folder has the converter's version in its name, so another version converts again.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from foretype.models.errors import ModelError
from foretype.models.recipe import Recipe
from foretype.models.store import Store
from foretype.prepare.fetch import fetch
from foretype.support.progress import Progress
from latency.paths import PYTHON_PATH, ROOT
from latency.peers.environment import Environment

CONVERT_S = 600.0


class NoWeightsError(Exception):
    """There are no weights that a peer can read. The message says why."""


class Weights:
    """Each method returns a file or folder, which it makes if it does not exist. Each raises
    `NoWeightsError`.
    """

    def __init__(self, recipe: Recipe, kept: Path, environment: Environment, progress: Progress) -> None:
        self._recipe = recipe
        self._kept = kept
        self._environment = environment
        self._progress = progress

    def original(self) -> Path:
        """The recipe's own file. Its checksum is checked."""
        store = Store(self._kept, self._recipe.name)
        try:
            with store.lock(lambda: self._progress.say("Another process is fetching the weights.")):
                weights = fetch(self._recipe, store, None, self._progress)
        except ModelError as error:
            raise NoWeightsError(str(error)) from error
        if weights.gguf is None:
            raise NoWeightsError(f"the recipe {self._recipe.name} has no GGUF file")
        return weights.folder / weights.gguf

    def eight_bits(self) -> Path:
        """The values of the original, rounded to llama.cpp's Q8_0."""
        return self._make(f"q8_0-{self._environment.version('llama-cpp-python')}.gguf", "q8_0", self.original)

    def transformers_folder(self) -> Path:
        """The original in float32, as transformers reads it."""
        return self._make("transformers", "transformers", self.original)

    def ctranslate2_folder(self) -> Path:
        name = f"ctranslate2-{self._environment.version('ctranslate2')}-int8"
        return self._make(name, "ctranslate2", self.transformers_folder)

    def genai_int4_folder(self) -> Path:
        return self._genai("int4")

    def genai_int8_folder(self) -> Path:
        return self._genai("int8")

    def _genai(self, precision: str) -> Path:
        name = f"genai-{self._environment.version('onnxruntime-genai')}-{precision}"
        return self._make(name, f"genai-{precision}", self.transformers_folder)

    def _make(self, name: str, to_format: str, source: Callable[[], Path]) -> Path:
        """`kept/name`, converted from `source` in a child process. An incomplete conversion is not used."""
        made = self._kept / name
        if made.exists():
            return made
        given = source()
        part = self._kept / f"part-{name}"
        _remove(part)
        with self._progress.step(f"make {name}"):
            self._convert(to_format, given, part)
        part.rename(made)
        return made

    def _convert(self, to_format: str, given: Path, part: Path) -> None:
        """Raises `NoWeightsError` with the last line of the conversion's output."""
        program = [sys.executable, "-m", "latency.peers.convert", to_format]
        folders = [str(path) for path in (given.absolute(), part.absolute(), self._environment.packages)]
        try:
            done = subprocess.run(
                program + folders,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": PYTHON_PATH, "HF_HUB_OFFLINE": "1"},
                capture_output=True,
                text=True,
                timeout=CONVERT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise NoWeightsError(f"making {part.name} took more than {CONVERT_S:g} s") from None
        if done.returncode or not part.exists():
            reason = (done.stderr.strip() or "it gave no reason").splitlines()[-1]
            raise NoWeightsError(f"making {to_format} from {given.name} failed: {reason}")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
