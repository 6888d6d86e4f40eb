"""Prepared models that are not what they were when they were made: what each command says of them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foretype.models.manifest import FORMAT, GRAPH, MANIFEST, TOKENIZER
from foretype.models.recipe import recipe_names
from foretype.support import logs
from tests.prepare.commands import foretype, sentence

NAME = "tiny"


@pytest.fixture(scope="module")
def prepared(made_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with one whole model, that nobody changes."""
    models_dir = tmp_path_factory.mktemp("prepared")
    options = ("--name", NAME, "--models-dir", models_dir, "--threads", "1")
    assert foretype("prepare", made_folder, *options).exit_code == 0
    return models_dir


@pytest.fixture
def model(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a copy that the commands would serve."""
    models_dir = Path(shutil.copytree(prepared, tmp_path / "build"))
    monkeypatch.setenv("FORETYPE_MODELS_DIR", str(models_dir))
    monkeypatch.setenv("FORETYPE_MODEL", NAME)
    monkeypatch.setenv("FORETYPE_THREADS", "1")
    for name in ("configure", "quiet_hooks"):  # pytest's own stay
        monkeypatch.setattr(logs, name, lambda *_: None)
    return models_dir / NAME


def alter(model: Path) -> None:
    content = bytearray((model / GRAPH).read_bytes())
    content[len(content) // 2] ^= 1
    (model / GRAPH).write_bytes(content)


def truncate(model: Path) -> None:
    (model / GRAPH).write_bytes((model / GRAPH).read_bytes()[:-100])


def put_a_folder_in_its_place(name: str) -> Callable[[Path], None]:
    """As unreadable as a file without permission, which a test that runs as root could read all the same."""

    def change(model: Path) -> None:
        (model / name).unlink()
        (model / name).mkdir()

    return change


def take_another_tokeniser(model: Path) -> None:
    content = json.loads((model / TOKENIZER).read_text())
    content["model"]["merges"] = []
    (model / TOKENIZER).write_text(json.dumps(content))


def change_manifest(**changes: Any) -> Callable[[Path], None]:
    """`changes` of the fields in the manifest; in those of `geometry`, of the fields in these. Without its
    checksum, as in a manifest of an earlier version.
    """

    def change(model: Path) -> None:
        manifest = json.loads((model / MANIFEST).read_text())
        manifest["geometry"] |= changes.pop("geometry", {})
        (model / MANIFEST).write_text(json.dumps({**manifest, "checksum": "", **changes}))

    return change


def cut_manifest(model: Path) -> None:
    (model / MANIFEST).write_text((model / MANIFEST).read_text()[:-50])


AGAIN = r"Prepare the model again with: foretype prepare \S+tiny-gpt2 --name tiny --force$"
COPY = r"Copy the model again from the machine on which it was prepared\.$"

DAMAGED = {
    "altered": (alter, rf"model\.onnx has changed since it was made\. {AGAIN}"),
    "truncated": (truncate, rf"model\.onnx has [\d,]+ bytes, but [\d,]+ were written\. {AGAIN}"),
    "incomplete": (lambda model: (model / GRAPH).unlink(), rf"model\.onnx is missing\. {AGAIN}"),
    "unreadable": (put_a_folder_in_its_place(TOKENIZER), rf"tokenizer\.json cannot be read \(.*\)\. {AGAIN}"),
    "unreadable manifest": (
        put_a_folder_in_its_place(MANIFEST),
        rf"its manifest\.json cannot be read.* {COPY}",
    ),
    "cut manifest": (cut_manifest, rf"its manifest\.json is damaged \(the whole\)\. {COPY}"),
    "another tokeniser": (take_another_tokeniser, rf"tokenizer\.json has .*{AGAIN}"),
    "smaller vocabulary": (
        change_manifest(geometry={"vocab_size": 300}),
        rf"its tokeniser has 400 tokens and its model 300, so they do not match\. {AGAIN}",
    ),
    "no geometry": (change_manifest(geometry={"layers": 0}), rf"damaged \(geometry\.layers\)\. {AGAIN}"),
    "no beginning": (
        change_manifest(begin_ids=[7000]),
        rf"tokens that are not in its model's vocabulary\. {AGAIN}",
    ),
    "older": (
        change_manifest(format=FORMAT - 1),
        rf"made by another version of Foretype \(its format is 1, this version reads 2\)\. {AGAIN}",
    ),
    "newer": (change_manifest(format=FORMAT + 1, novelty=True), rf"its format is 3, this .*{AGAIN}"),
}


@pytest.mark.parametrize(("change", "complaint"), DAMAGED.values(), ids=DAMAGED.keys())
def test_each_command_says_in_a_sentence_what_is_wrong_and_what_to_do(
    model: Path, change: Callable[[Path], None], complaint: str
) -> None:
    change(model)
    expected = rf"^The prepared model in {re.escape(str(model))} cannot be used: .*{complaint}"
    for command in (("complete", "Hello"), ("serve", "--port", "0"), ("models",)):
        assert re.search(expected, said := sentence(*command)), said


@pytest.mark.parametrize("vocabulary", [401, 464])
def test_logits_that_are_not_as_many_as_the_manifest_says_are_a_sentence(
    model: Path, vocabulary: int
) -> None:
    """Only loading finds this out: nothing that serves can read a graph but ONNX Runtime."""
    change_manifest(geometry={"vocab_size": vocabulary})(model)
    for command in (("complete", "Hello"), ("serve", "--port", "0")):
        assert re.search(rf"cannot be loaded: .*\. {AGAIN}", said := sentence(*command)), said


def test_a_model_that_is_neither_a_recipe_nor_there_is_refused_with_the_names(model: Path) -> None:
    shutil.rmtree(model)
    said = sentence("complete", "Hello")
    assert said.startswith(f"There is no model “tiny”. The models are: {', '.join(recipe_names())}.")
    assert said.endswith("foretype prepare FOLDER")


def test_a_whole_model_is_listed_with_its_figures_and_said_to_be_served(model: Path) -> None:
    listed = foretype("models")
    assert listed.exit_code == 0
    assert re.search(r"^ *tiny +yes +.*2 layers, family gpt2", listed.stdout, re.MULTILINE)
    assert re.search(r"^ *tiny .*, fused .* MB ", listed.stdout, re.MULTILINE)
    again = sentence("prepare", NAME)
    assert "tiny is prepared, and no recipe says how" in again
