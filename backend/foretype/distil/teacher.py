"""The teacher: what its folder says, its tokeniser and its weights.

Two families are supported: `GPT2LMHeadModel` and `LlamaForCausalLM` of transformers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foretype.distil.errors import BadTeacherError
from foretype.distil.texts import Encode
from foretype.models.errors import AlreadyPreparedError, NotAModelError
from foretype.models.prepared import sha256
from foretype.prepare import folder as transformers_folder
from foretype.prepare.folder import TransformersFolder, inspect_folder
from foretype.prepare.pretrained import check_vocabulary, read_tokeniser, read_weights
from foretype.support.wording import first_line

Model = Any  # torch and transformers are not followed by the type checker

TOKENISER_FILES = (*transformers_folder.TOKENISER_FILES, "added_tokens.json", "chat_template.jinja")


@dataclass(frozen=True, slots=True)
class Family:
    """A family's names for the parts in which the teacher and the student differ."""

    architecture: str  # the transformers class
    layers: str  # the start of the name of a layer's weights, before the layer's number
    count: str  # the field of the config that holds the number of layers
    positions: str | None  # learned positions, which the student does not change


FAMILIES = {
    "gpt2": Family("GPT2LMHeadModel", "transformer.h.", "n_layer", "transformer.wpe.weight"),
    "llama": Family("LlamaForCausalLM", "model.layers.", "num_hidden_layers", None),
}


@dataclass(frozen=True, slots=True)
class TeacherFolder:
    """A teacher's folder and what its config says. The weights have not been read."""

    folder: Path
    family: Family
    layers: int
    context_length: int
    vocabulary: int

    def tokeniser_files(self) -> list[Path]:
        return [self.folder / name for name in TOKENISER_FILES if (self.folder / name).is_file()]

    def fingerprint(self) -> str:
        """A checksum that changes if the weights or the tokeniser change. Raises BadTeacherError.

        Runs keep it in their plan, so a later version of Foretype has to compute the same one.
        """
        files = [*sorted(self.folder.glob("*.safetensors")), *self.tokeniser_files()]
        try:
            sums = [f"{file.name} {sha256(file)}" for file in files]
        except OSError as error:
            raise BadTeacherError(f"{error.filename} cannot be read ({error.strerror}).") from error
        return hashlib.sha256("\n".join(sums).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Tokeniser:
    encode: Encode
    begin: int  # the id that every text starts with


def inspect_teacher(folder: Path) -> TeacherFolder:
    """Check a teacher's folder and read its config, without PyTorch. Raises BadTeacherError."""
    with _as_bad_teacher():
        found = inspect_folder(folder)
    family = FAMILIES.get(found.family)
    architectures = found.config.get("architectures") or []
    if family is None or (architectures and family.architecture not in architectures):
        known = " or ".join(family.architecture for family in FAMILIES.values())
        raise BadTeacherError(
            f"The model in {folder} is a {', '.join(architectures) or found.family}; only {known} can be "
            "distilled."
        )
    if any(file.suffix != ".safetensors" for file in found.weights):
        raise BadTeacherError(
            f"{folder} holds no weights as .safetensors. Save the model in that format: "
            "transformers' save_pretrained does."
        )
    return _with_sizes(found, family)


@contextmanager
def _as_bad_teacher() -> Iterator[None]:
    """Turn what reading a transformers folder raises into BadTeacherError, with the same sentence."""
    try:
        yield
    except AlreadyPreparedError as error:
        raise BadTeacherError(
            f"{error.folder} holds a prepared model. Name the transformers folder that it was made from."
        ) from error
    except NotAModelError as error:
        raise BadTeacherError(str(error)) from error
    except PermissionError as error:
        raise BadTeacherError(f"{error.filename} cannot be read ({error.strerror}).") from error


def _with_sizes(found: TransformersFolder, family: Family) -> TeacherFolder:
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(found.path, local_files_only=True, trust_remote_code=False)
        layers, context = config.num_hidden_layers, config.max_position_embeddings
        return TeacherFolder(found.path, family, layers, context, config.vocab_size)
    except Exception as error:  # transformers raises errors of many types for a config that it cannot use
        raise BadTeacherError(
            f"{found.path / transformers_folder.CONFIG} cannot be used: {first_line(error)}"
        ) from error


def load_tokeniser(teacher: TeacherFolder) -> Tokeniser:
    """The teacher's own tokeniser. Raises BadTeacherError."""
    folder = teacher.folder
    with _as_bad_teacher():
        tokeniser = read_tokeniser(folder)
    begin = tokeniser.bos_token_id if tokeniser.bos_token_id is not None else tokeniser.eos_token_id
    if begin is None:
        raise BadTeacherError(
            f"The tokeniser in {folder} names no token that begins or ends a text. Set bos_token or "
            "eos_token in its tokenizer_config.json."
        )
    with _as_bad_teacher():
        check_vocabulary(tokeniser, folder, teacher.vocabulary)

    def encode(text: str) -> list[int]:
        ids: list[int] = tokeniser.encode(text, add_special_tokens=False, verbose=False)
        return ids

    return Tokeniser(encode, begin)


def load_teacher(teacher: TeacherFolder) -> Model:
    """The teacher in float32, its weights frozen. Raises BadTeacherError."""
    with _as_bad_teacher():
        model = read_weights(teacher.folder, use_safetensors=True)
    return model.requires_grad_(False)
