"""The teacher, read from its folder; the student, made of the teacher's layers and written to a folder.

Two families: `GPT2LMHeadModel` and `LlamaForCausalLM` of transformers.
"""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foretype.distil.errors import BadTeacherError
from foretype.distil.texts import Encode
from foretype.models.prepared import sha256

Model = Any  # torch and transformers are not followed by the type checker

WEIGHTS = "model.safetensors"
TOKENISER_FILES = (
    "tokenizer.json",
    "tokenizer.model",
    "vocab.json",
    "merges.txt",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
)


@dataclass(frozen=True, slots=True)
class Family:
    """Where a family keeps what differs between teacher and student."""

    architecture: str  # the transformers class
    layers: str  # what a layer's weights are named by, before its number
    count: str  # the field of the config that says how many layers there are
    positions: str | None  # learned positions, which the student does not change


FAMILIES = {
    "gpt2": Family("GPT2LMHeadModel", "transformer.h.", "n_layer", "transformer.wpe.weight"),
    "llama": Family("LlamaForCausalLM", "model.layers.", "num_hidden_layers", None),
}


@dataclass(frozen=True, slots=True)
class TeacherFolder:
    """What a teacher's folder says of itself, before its weights are read."""

    folder: Path
    family: Family
    model_type: str
    layers: int
    context_length: int
    vocabulary: int

    def fingerprint(self) -> str:
        """Changes when the weights or the tokeniser do. Raises BadTeacherError."""
        files = [*sorted(self.folder.glob("*.safetensors")), *_tokeniser_files(self.folder)]
        try:
            sums = [f"{file.name} {sha256(file)}" for file in files]
        except OSError as error:
            raise BadTeacherError(f"{error.filename} cannot be read ({error.strerror}).") from error
        return hashlib.sha256("\n".join(sums).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Tokeniser:
    encode: Encode
    begin: int


def look_at_teacher(folder: Path) -> TeacherFolder:
    """Read a teacher's config; needs no PyTorch. Raises BadTeacherError."""
    if folder.is_file():
        raise BadTeacherError(f"{folder} is a file: name the folder that it lies in.")
    if not folder.is_dir():
        raise BadTeacherError(f"There is no folder {folder} with a teacher.")
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        model_type = config["model_type"]
    except PermissionError as error:
        raise BadTeacherError(f"{error.filename} cannot be read ({error.strerror}).") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise BadTeacherError(
            f"{folder} holds no teacher: it needs a transformers config.json that names its model_type, "
            "weights as .safetensors, and a tokeniser."
        ) from None
    family = FAMILIES.get(model_type)
    kinds = config.get("architectures") or []
    if family is None or (kinds and family.architecture not in kinds):
        known = " or ".join(family.architecture for family in FAMILIES.values())
        raise BadTeacherError(
            f"The model in {folder} is a {', '.join(kinds) or model_type}; only {known} can be distilled."
        )
    if not any(folder.glob("*.safetensors")):
        raise BadTeacherError(f"{folder} holds no weights: no file ends in .safetensors.")
    if not ({"tokenizer.json", "tokenizer.model", "vocab.json"} & {file.name for file in folder.iterdir()}):
        raise BadTeacherError(f"{folder} holds no tokeniser: neither tokenizer.json nor vocab.json.")
    return _described(folder, family, model_type)


def _described(folder: Path, family: Family, model_type: str) -> TeacherFolder:
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        layers, context = config.num_hidden_layers, config.max_position_embeddings
        return TeacherFolder(folder, family, model_type, layers, context, config.vocab_size)
    except Exception as error:  # whatever transformers raises for a config that it cannot make sense of
        raise BadTeacherError(f"{folder}/config.json cannot be used: {_first_line(error)}") from error


def read_tokeniser(teacher: TeacherFolder) -> Tokeniser:
    """The teacher's own tokeniser. Raises BadTeacherError."""
    from transformers import AutoTokenizer

    folder = teacher.folder
    try:
        tokeniser = AutoTokenizer.from_pretrained(
            folder, use_fast=True, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # a dozen types, each meaning that this is no tokeniser
        raise BadTeacherError(f"The tokeniser in {folder} cannot be read: {_first_line(error)}") from error
    begin = tokeniser.bos_token_id if tokeniser.bos_token_id is not None else tokeniser.eos_token_id
    if begin is None:
        raise BadTeacherError(
            f"The tokeniser in {folder} names no token that begins or ends a text: neither bos_token nor "
            "eos_token."
        )
    if len(tokeniser) > teacher.vocabulary:
        raise BadTeacherError(
            f"The tokeniser in {folder} has {len(tokeniser)} tokens, the model only {teacher.vocabulary}: "
            "they do not belong together."
        )

    def encode(text: str) -> list[int]:
        ids: list[int] = tokeniser.encode(text, add_special_tokens=False, verbose=False)
        return ids

    return Tokeniser(encode, begin)


def read_teacher(teacher: TeacherFolder) -> Model:
    """The teacher in float32, not to be trained. Raises BadTeacherError."""
    import torch
    from transformers import AutoModelForCausalLM

    try:
        # The code that a model folder may bring is never run.
        model, found = AutoModelForCausalLM.from_pretrained(
            teacher.folder,
            dtype=torch.float32,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except MemoryError:
        raise
    except Exception as error:  # a dozen types, from safetensors' own to KeyError
        raise BadTeacherError(
            f"The weights in {teacher.folder} cannot be read: {_first_line(error)}"
        ) from error
    if found["missing_keys"]:
        raise BadTeacherError(
            f"The weights in {teacher.folder} are not whole: {len(found['missing_keys'])} are missing, among "
            f"them {min(found['missing_keys'])}."
        )
    return model.eval().requires_grad_(False)


def make_student(teacher: Model, family: Family, layers: list[int]) -> Model:
    """A model with the teacher's embeddings, head and final norm, and these of its layers, in this order.

    Learned positions are the teacher's and stay so: the authors' published command freezes them.
    """
    config = copy.deepcopy(teacher.config)
    setattr(config, family.count, len(layers))
    student = type(teacher)(config)
    student.load_state_dict(_student_weights(teacher.state_dict(), family, layers))
    for name, parameter in student.named_parameters():
        parameter.requires_grad_(name != family.positions)
    return student


def _student_weights(weights: dict[str, Any], family: Family, layers: list[int]) -> dict[str, Any]:
    taken = {}
    for name, value in weights.items():
        if not name.startswith(family.layers):
            taken[name] = value
            continue
        number, rest = name.removeprefix(family.layers).split(".", 1)
        if int(number) in layers:
            taken[f"{family.layers}{layers.index(int(number))}.{rest}"] = value
    return taken


def write_student(student: Model, teacher: TeacherFolder, folder: Path) -> None:
    """Write a transformers folder: config, the teacher's tokeniser files, weights."""
    student.save_pretrained(folder, safe_serialization=True, max_shard_size="100GB")
    for file in _tokeniser_files(teacher.folder):
        shutil.copyfile(file, folder / file.name)
    # safetensors leaves its file to its owner alone; whoever may read the others may read this one.
    (folder / WEIGHTS).chmod((folder / "config.json").stat().st_mode)


def _tokeniser_files(folder: Path) -> list[Path]:
    return [folder / name for name in TOKENISER_FILES if (folder / name).is_file()]


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".") + "."
