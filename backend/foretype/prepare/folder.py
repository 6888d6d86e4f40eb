"""A folder with a transformers model, as `save_pretrained` writes it: checked before anything costly is done,
and described as a recipe, since it has none.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foretype.models.errors import (
    AlreadyPreparedError,
    ModelError,
    NameTakenError,
    NotAModelError,
    RecipeNameTakenError,
)
from foretype.models.manifest import GRAPH, MANIFEST
from foretype.models.prepared import read_manifest, sha256
from foretype.models.recipe import FolderSource, Recipe, load_template, recipe_names
from foretype.prepare.pretrained import read_config, read_tokeniser
from foretype.support.wording import many

CONFIG = "config.json"
TOKENISERS = ("tokenizer.json", "tokenizer.model", "vocab.json")  # any of them is enough
TOKENISER_FILES = (*TOKENISERS, "merges.txt", "tokenizer_config.json", "special_tokens_map.json")
WEIGHTS = (  # the index of several files is preferred to a single file
    "model.safetensors.index.json",
    "model.safetensors",
    "pytorch_model.bin.index.json",
    "pytorch_model.bin",
)
WHAT_IT_NEEDS = "it needs a transformers config.json that names its model_type, weights and a tokeniser"
CONTEXT_FOR_PROMPTS = 512  # tokens: in a shorter context, prompts leave too little space for the text
UNKNOWN_LICENCE = "unknown"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LICENCE = re.compile(r"^licen[cs]e:[ \t]*[\"']?([\w.+-]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class TransformersFolder:
    """A folder that has config, weights and tokeniser. They have not been read completely."""

    path: Path
    config: dict[str, Any]
    weights: tuple[Path, ...]

    @property
    def family(self) -> str:
        return str(self.config["model_type"])

    def fingerprint(self) -> str:
        """Changes if config, weights or tokeniser change. Takes 0.3 s for 270 MB. Raises NotAModelError."""
        others = (self.path / name for name in (CONFIG, *TOKENISER_FILES))
        files = sorted({*self.weights, *(file for file in others if file.is_file())})
        sums = [f"{file.name} {_checksum(file)}" for file in files]
        return hashlib.sha256("\n".join(sums).encode()).hexdigest()

    def parameters(self) -> int:
        """The number of weights. If only their size in bytes is known, the largest number possible."""
        return sum(
            sum(math.prod(entry["shape"]) for entry in _header(file).values())
            if file.suffix == ".safetensors"
            else file.stat().st_size // 2
            for file in self.weights
        )

    def licence(self) -> str:
        """The licence in the head of its README, as on the model hub; else `UNKNOWN_LICENCE`."""
        try:
            readme = (self.path / "README.md").read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return UNKNOWN_LICENCE
        head = readme.split("\n---", 1)[0] if readme.startswith("---") else ""
        found = _LICENCE.search(head)
        return found[1] if found else UNKNOWN_LICENCE


def folder_meant(asked: str) -> Path | None:
    """The folder that a command's argument names. None if it names a model, as a recipe's name does."""
    if asked in recipe_names():
        return None
    path = Path(asked).expanduser()
    separators = {"/", os.sep, os.altsep or "/"}
    is_path = asked in (".", "..", "~") or any(separator in asked for separator in separators)
    return path if is_path or path.exists() else None


def inspect_folder(folder: Path) -> TransformersFolder:
    """Check that a folder holds a causal language model, in milliseconds. Raises NotAModelError."""
    folder = folder.expanduser().resolve()
    if folder.is_file():
        raise NotAModelError(f"{folder} is a file: name its folder. {_sentence(WHAT_IT_NEEDS)}")
    if not folder.is_dir():
        raise NotAModelError(f"There is no folder {folder}: check its path.")
    if (folder / MANIFEST).is_file() and (folder / GRAPH).is_file():
        raise AlreadyPreparedError(folder)
    config = _config(folder)
    weights = _weights(folder)
    for file in weights:
        if file.suffix == ".safetensors":
            _check_length(file)
    if not any((folder / name).is_file() for name in TOKENISERS):
        raise NotAModelError(
            f"The folder {folder} holds no tokeniser: neither {', '.join(TOKENISERS[:-1])} nor "
            f"{TOKENISERS[-1]}. Copy it from the model's source."
        )
    return TransformersFolder(folder, config, weights)


def check_config(folder: Path) -> str:
    """The family of the model in a folder. Raises NotAModelError if it does not continue text."""
    return str(_config(folder)["model_type"])


def recipe_of(inspected: TransformersFolder, name: str) -> Recipe:
    """A recipe for the folder's model. Imports transformers. Raises NotAModelError, RecipeInvalidError."""
    from foretype.prepare.quiet import quiet

    folder = inspected.path
    with quiet():
        config = read_config(folder)
        begin = _begin(folder)
    template = load_template()
    context = min(
        template.context_length, getattr(config, "max_position_embeddings", None) or template.context_length
    )
    layers = int(getattr(config, "num_hidden_layers", 0))
    parameters = inspected.parameters()
    return template.model_copy(
        update={
            "name": name,
            "description": f"{parameters / 1e6:.3g} M parameters, {many(layers, 'layer')}, family "
            f"{inspected.family}",
            "licence": inspected.licence(),
            "family": inspected.family,
            "parameters": parameters,
            "context_length": context,
            "prompts": template.prompts if context >= CONTEXT_FOR_PROMPTS else {},
            "begin": (begin,),
            "source": FolderSource(kind="folder", path=folder),
        }
    )


def name_for(inspected: TransformersFolder, wanted: str | None, models_dir: Path, *, force: bool) -> str:
    """The name for a folder's model: `wanted`, else the folder's own name.

    Raises NameTakenError if it is the name of a recipe, or of another model and `force` is False.
    """
    folder = inspected.path
    name = folder.name if wanted is None else wanted
    if not _NAME.fullmatch(name):
        raise NameTakenError(
            f"“{name}” cannot be a model's name: use letters, digits, dots, dashes and underscores. "
            "Give it another with --name."
        )
    if name in recipe_names():
        raise RecipeNameTakenError(name, folder)
    place = (models_dir / name).resolve()
    if place == folder:
        raise NameTakenError(
            f"{folder} is the folder of the prepared model {name}: give the model another name with --name."
        )
    if not force and place.exists() and not _was_made_from(place, inspected):
        raise NameTakenError(
            f"There is another model {name} in {models_dir}: give this one another name with --name, or "
            "replace the other with --force."
        )
    return name


def _was_made_from(place: Path, inspected: TransformersFolder) -> bool:
    """Whether a prepared model was made from this folder, or from a copy of it."""
    if not (place / MANIFEST).exists():
        return False
    try:
        source = read_manifest(place).source
    except ModelError:
        return False
    return source.name == str(inspected.path) or source.sha256 == inspected.fingerprint()


# -- what is in the folder --------------------------------------------------------


def _config(folder: Path) -> dict[str, Any]:
    if not (folder / CONFIG).exists() and (folder / "adapter_config.json").exists():
        raise NotAModelError(
            f"The folder {folder} holds an adapter, not a whole model: merge it into its model first."
        )
    try:
        config: dict[str, Any] = json.loads((folder / CONFIG).read_text("utf-8"))
        config["model_type"]
    except PermissionError as error:
        raise NotAModelError(f"{error.filename} cannot be read ({error.strerror}).") from None
    except json.JSONDecodeError as error:
        raise NotAModelError(
            f"{folder / CONFIG} is not JSON ({error.msg} in line {error.lineno}). Copy it again."
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        raise NotAModelError(f"The folder {folder} holds no model: {WHAT_IT_NEEDS}.") from None
    kinds = config.get("architectures") or []
    if kinds and not any(kind.endswith(("ForCausalLM", "LMHeadModel")) for kind in kinds):
        raise NotAModelError(
            f"The model in {folder} is a {', '.join(kinds)}, which is not a causal language model: it does "
            "not continue text."
        )
    return config


def _weights(folder: Path) -> tuple[Path, ...]:
    """The files that transformers reads, by its order of preference."""
    for name in WEIGHTS:
        file = folder / name
        if not file.is_file():
            continue
        if not name.endswith(".index.json"):
            return (file,)
        parts = _parts(file)
        missing = [part.name for part in parts if not part.is_file()]
        if missing:
            raise NotAModelError(
                f"The weights in {folder} are incomplete: {', '.join(missing)} is missing. Copy them again."
            )
        return parts
    raise NotAModelError(
        f"The folder {folder} holds no weights: neither *.safetensors nor pytorch_model.bin. "
        "Copy them from the model's source."
    )


def _parts(index: Path) -> tuple[Path, ...]:
    try:
        names = set(json.loads(index.read_text("utf-8"))["weight_map"].values())
        return tuple(sorted(index.parent / Path(name).name for name in names))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise NotAModelError(f"{index} cannot be read. Copy it again.") from None


def _checksum(file: Path) -> str:
    try:
        return sha256(file)
    except OSError as error:
        raise NotAModelError(f"{file} cannot be read ({error.strerror}).") from error


def _header(file: Path) -> dict[str, Any]:
    """The description of its tensors in a safetensors file. Raises NotAModelError if it is damaged."""
    try:
        with file.open("rb") as content:
            length = int.from_bytes(content.read(8), "little")
            header: dict[str, Any] = json.loads(content.read(min(length, 100_000_000)))
        header.pop("__metadata__", None)
        for entry in header.values():
            math.prod(entry["shape"]) + entry["data_offsets"][1]
    except PermissionError as error:
        raise NotAModelError(f"{file} cannot be read ({error.strerror}).") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise NotAModelError(
            f"The weights {file} cannot be read: their header is damaged. Copy them again."
        ) from None
    return header


def _check_length(file: Path) -> None:
    """Raises NotAModelError if a safetensors file ends before its last tensor."""
    header = _header(file)
    with file.open("rb") as content:
        start = 8 + int.from_bytes(content.read(8), "little")
    expected = start + max((entry["data_offsets"][1] for entry in header.values()), default=0)
    found = file.stat().st_size
    if found < expected:
        raise NotAModelError(
            f"The weights {file} are incomplete: {found:,} of {expected:,} bytes. Copy them again."
        )


def _begin(folder: Path) -> str:
    """The token that texts start with: the tokeniser's begin token, else its end token, which separates
    texts.
    """
    tokeniser = read_tokeniser(folder)
    begin = tokeniser.bos_token or tokeniser.eos_token
    if begin is None:
        raise NotAModelError(
            f"The tokeniser in {folder} names no token that begins or ends a text. Write a recipe that "
            "names one: copy models/template.toml."
        )
    return str(begin)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
