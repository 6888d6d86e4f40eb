"""`foretype prepare FOLDER`: what is taken from a folder, and what is said of one that holds no model."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foretype.models.prepared import load_prepared
from foretype.prepare.folder import inspect_folder, recipe_of
from tests.prepare.commands import foretype, sentence
from tests.prepare.tiny import BEGIN, CONTEXT, MakeFolder


@pytest.fixture
def folder(made_folder: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(made_folder, tmp_path / "tiny"))


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    return tmp_path / "build"


def prepare(folder: Path, models_dir: Path, *options: str) -> str:
    """The output of the command; its exit code must be 0."""
    result = foretype("prepare", folder, "--models-dir", models_dir, "--threads", "1", *options)
    assert result.exit_code == 0, result.output
    return result.stderr


def refused(folder: Path, models_dir: Path, *options: str) -> str:
    """The line that the command ended with, after those that said what it was doing."""
    result = foretype("prepare", folder, "--models-dir", models_dir, "--threads", "1", *options)
    assert result.exit_code == 1, result.output
    assert not list(models_dir.glob("[!.]*"))
    return result.stderr.splitlines()[-1]


# -- what is made of it ------------------------------------------------------------------------


def test_a_folder_is_prepared_as_it_is_again_where_it_has_changed_and_served_without_it(
    folder: Path, models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = prepare(folder, models_dir)
    assert f"192 tokens of context, texts begin with “{BEGIN}”, licence unknown" in said
    assert "look it up" in said
    assert f"Serve it with:\n  foretype serve --model tiny --models-dir {models_dir}" in said
    first = load_prepared(models_dir / "tiny").manifest
    assert (first.recipe, first.graph, first.licence) == ("tiny", "fused", "unknown")
    assert first.source.name == str(folder)

    assert "tiny is prepared already; --force makes it again" in prepare(folder, models_dir)
    copy = Path(shutil.copytree(folder, tmp_path / "copy" / "tiny"))
    assert "prepared already" in prepare(copy, models_dir)

    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "layer_norm_epsilon": 1e-3}))
    assert "making it again" in prepare(folder, models_dir)
    assert load_prepared(models_dir / "tiny").manifest.source.sha256 != first.source.sha256

    shutil.rmtree(folder)
    moved = models_dir.rename(tmp_path / "elsewhere")
    monkeypatch.setenv("FORETYPE_MODELS_DIR", str(moved))
    monkeypatch.setenv("FORETYPE_THREADS", "1")
    assert "source " in foretype("complete", "Please let me know", "--model", "tiny").stdout
    assert " M parameters, 2 layers, family gpt2" in foretype("models").stdout


def test_what_a_person_would_write_in_a_recipe_is_read_off_the_folder(model_folder: MakeFolder) -> None:
    path = model_folder("llama", max_position_embeddings=100_000)
    (path / "README.md").write_text("---\nlanguage: en\nlicense: apache-2.0\n---\n# Tiny\nlicense: MIT\n")
    inspected = inspect_folder(path)
    recipe = recipe_of(inspected, "some-name")
    assert (recipe.name, recipe.family, recipe.licence) == ("some-name", "llama", "apache-2.0")
    assert recipe.begin == (BEGIN,)
    assert recipe.context_length == 2048  # the model's own would take too much memory
    assert 60_000 < recipe.parameters < 120_000
    assert {"int8-block32", "float32"} <= set(recipe.weights)
    assert recipe.prompts


def test_the_context_is_never_longer_than_the_model_knows(made_folder: Path) -> None:
    assert recipe_of(inspect_folder(made_folder), "tiny").context_length == CONTEXT


def test_a_tilde_and_a_dot_are_folders_too(
    folder: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "config.json").unlink()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder.parent))
    for named in (".", "~/tiny", "../tiny", str(folder)):
        assert f"The folder {folder} holds no model" in sentence("prepare", named, "--models-dir", models_dir)


# -- folders that are no model ------------------------------------------------------------------------


def change_config(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, **changes}))

    return change


def remove(*patterns: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        for pattern in patterns:
            for file in folder.glob(pattern):
                file.unlink()

    return change


def make_adapter(folder: Path) -> None:
    (folder / "config.json").rename(folder / "adapter_config.json")


def cut_weights(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1000])


def damage_head(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{")


def damage_pickle(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"PK\x03\x04 half a file")


def lose_a_part(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    index = {"weight_map": {"a": names[0], "b": names[1]}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def lose_a_layer(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    kept = {name: value for name, value in weights.items() if not name.startswith("transformer.h.1.")}
    save_file(kept, folder / "model.safetensors", {"format": "pt"})


def take_another_tokeniser(folder: Path) -> None:
    """One that has more tokens than the model has logits."""
    content = json.loads((folder / "tokenizer.json").read_text())
    content["added_tokens"] += [
        {**content["added_tokens"][0], "id": 400 + n, "content": f"<|{n}|>"} for n in range(9)
    ]
    (folder / "tokenizer.json").write_text(json.dumps(content))


def take_a_sentencepiece_tokeniser(folder: Path) -> None:
    content = json.loads((folder / "tokenizer.json").read_text())
    vocabulary = content["model"]["vocab"]
    vocabulary["▁word"] = vocabulary.pop(max(vocabulary, key=vocabulary.__getitem__))
    content["model"]["merges"].pop()
    (folder / "tokenizer.json").write_text(json.dumps(content))


def name_no_begin(folder: Path) -> None:
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        if (folder / name).is_file():
            content = json.loads((folder / name).read_text())
            kept = {key: value for key, value in content.items() if not key.endswith("os_token")}
            (folder / name).write_text(json.dumps(kept))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (remove("config.json"), r"holds no model: it needs a transformers config\.json"),
        (make_adapter, "holds an adapter, not a whole model: merge it"),
        (change_config(architectures=["BertForMaskedLM"]), "BertForMaskedLM, which is not a causal language"),
        (change_config(model_type="nonsense"), "of a kind that transformers does not support"),
        (
            change_config(model_type="ctrl", architectures=["CTRLLMHeadModel"]),
            "Optimum cannot export models of the family ctrl that continue text",
        ),
        (remove("model.safetensors"), "holds no weights"),
        (cut_weights, r"model\.safetensors are incomplete: [\d,]+ of [\d,]+ bytes\. Copy them again\."),
        (damage_head, r"model\.safetensors cannot be read: their header is damaged\. Copy them again\."),
        (damage_pickle, "The weights in .* cannot be read"),
        (lose_a_part, r"incomplete: model-00002-of-00002\.safetensors is missing\. Copy them again\."),
        (lose_a_layer, r"incomplete: 12 are missing, such as transformer\.h\.1\..*Copy them again\."),
        (remove("*token*"), "holds no tokeniser: .* Copy it from the model.s source"),
        (take_another_tokeniser, "has 409 tokens, the model only 400: they do not match"),
        (take_a_sentencepiece_tokeniser, "cannot be served: only models with a byte-level BPE tokeniser"),
        (name_no_begin, "names no token that begins or ends a text. Write a recipe that names one"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said_in_a_sentence(
    folder: Path, models_dir: Path, change: Callable[[Path], None], complaint: str
) -> None:
    change(folder)
    assert re.search(complaint, said := refused(folder, models_dir)), said


def test_a_folder_that_is_not_there_a_file_and_a_prepared_model_are_refused(
    folder: Path, models_dir: Path
) -> None:
    assert "There is no folder" in refused(folder / "nowhere", models_dir)
    assert "is a file: name its folder" in refused(folder / "config.json", models_dir)
    (folder / "manifest.json").write_text("{}")
    (folder / "model.onnx").write_bytes(b"")
    assert "is prepared already" in refused(folder, models_dir)


@pytest.mark.skipif(sys.platform != "linux", reason="the file that gives an error when read is Linux's own")
def test_a_file_that_cannot_be_read_is_named(folder: Path, models_dir: Path) -> None:
    (folder / "merges.txt").symlink_to("/proc/self/mem")
    said = refused(folder, models_dir)
    assert re.search(r"merges\.txt cannot be read \(.+\)\.$", said), said


def test_a_models_folder_that_is_none_is_said_with_the_setting(folder: Path, models_dir: Path) -> None:
    models_dir.write_text("a file")
    said = foretype("prepare", folder, "--models-dir", models_dir)
    assert said.exit_code == 1
    assert re.search(r"The models folder .* cannot be written to .*FORETYPE_MODELS_DIR", said.stderr)


# -- names ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("distilgpt2", "A recipe already has the name distilgpt2: .* foretype prepare distilgpt2 --from /"),
        ("../outside", "cannot be a model's name"),
        (".hidden", "cannot be a model's name"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_what_to_do(
    folder: Path, models_dir: Path, name: str, complaint: str
) -> None:
    assert re.search(complaint, refused(folder, models_dir, "--name", name))
    renamed = folder.rename(folder.parent / "distilgpt2")
    assert "A recipe already has the name distilgpt2" in refused(renamed, models_dir)


def test_another_model_is_not_replaced_unless_that_is_said(folder: Path, models_dir: Path) -> None:
    other = models_dir / "tiny"
    other.mkdir(parents=True)
    (other / "notes.txt").write_text("mine")
    said = sentence("prepare", folder, "--models-dir", models_dir)
    assert "There is another model tiny in" in said
    assert "--name" in said
    inside = Path(shutil.copytree(folder, models_dir / "inside"))
    assert "is the folder of the prepared model inside" in sentence(
        "prepare", inside, "--models-dir", models_dir
    )
    assert (other / "notes.txt").read_text() == "mine"


def test_options_that_do_not_go_together_are_said(folder: Path) -> None:
    for arguments, complaint in (
        (("smollm2-135m", "--name", "x"), "--name needs a folder"),
        ((folder, "--from", folder), "--from needs a recipe's name"),
    ):
        result = foretype("prepare", *arguments)
        assert result.exit_code == 2
        assert complaint in result.stderr
