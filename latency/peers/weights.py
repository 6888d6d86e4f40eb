"""The same weights in each peer's own format, made once from the recipe's file and kept under latency/out.

What a peer reads is named by the versions that made it, so another version makes its own.
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
from latency.peers.environment import Environment
from latency.places import ROOT

CONVERT_S = 600.0


class NoWeightsError(Exception):
    """Weights that a peer could read cannot be had; the message says why."""


class Weights:
    """Each method gives a file or folder, made first where it is not there. All raise `NoWeightsError`."""

    def __init__(self, recipe: Recipe, kept: Path, environment: Environment, progress: Progress) -> None:
        self._recipe = recipe
        self._kept = kept
        self._environment = environment
        self._progress = progress

    def original(self) -> Path:
        """The recipe's own file, checked."""
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
        """The original's values rounded to llama.cpp's Q8_0."""
        return self._make(f"q8_0-{self._environment.version('llama-cpp-python')}.gguf", "q8_0", self.original)

    def transformers_folder(self) -> Path:
        """float32, as transformers reads the original."""
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

    def _make(self, name: str, what: str, source: Callable[[], Path]) -> Path:
        """`kept/name`, converted from `source` in a process of its own; half a conversion is never taken."""
        made = self._kept / name
        if made.exists():
            return made
        given = source()
        part = self._kept / f"part-{name}"
        _remove(part)
        with self._progress.step(f"make {name}"):
            self._convert(what, given, part)
        part.rename(made)
        return made

    def _convert(self, what: str, given: Path, part: Path) -> None:
        """Raises `NoWeightsError` with the last that the conversion said."""
        program = [sys.executable, "-m", "latency.peers.convert", what]
        folders = [str(path) for path in (given.absolute(), part.absolute(), self._environment.packages)]
        path = os.pathsep.join([str(ROOT / "backend"), str(ROOT)])
        try:
            done = subprocess.run(
                program + folders,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": path, "HF_HUB_OFFLINE": "1"},
                capture_output=True,
                text=True,
                timeout=CONVERT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise NoWeightsError(f"making {part.name} took more than {CONVERT_S:g} s") from None
        if done.returncode or not part.exists():
            said = (done.stderr.strip() or "it gave no reason").splitlines()[-1]
            raise NoWeightsError(f"making {what} from {given.name} failed: {said}")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
