"""Errors of models. `str()` of each says what happened; its attributes hold the data.

The command line adds what to do, with a command to copy (`foretype.cli.sentences`), and prints no stack
trace.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class ModelError(Exception):
    """A model is not available, or cannot be made or served. `str()` is a sentence for the user."""


class RecipeNotFoundError(ModelError):
    """No recipe has that name, and no prepared model. `known` are the names that there are."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"There is no model “{name}”. The models are: {', '.join(known) or 'none'}.")
        self.name = name
        self.known = known


class RecipeInvalidError(ModelError):
    def __init__(self, file: Path, problems: list[str]) -> None:
        super().__init__(f"The recipe {file} cannot be used: {'; '.join(problems)}.")
        self.file = file
        self.problems = problems


class UnknownLanguageError(ModelError):
    """A recipe, or the setting, names languages that the language detector does not know."""

    def __init__(self, name: str, languages: list[str]) -> None:
        super().__init__(
            f"A language of {name} is unknown: {', '.join(languages)}. Correct it in FORETYPE_LANGUAGES or "
            "in the recipe. A language is named by its code in ISO 639-1, such as de."
        )
        self.name = name
        self.languages = languages


class SourceUnavailableError(ModelError):
    """The weights are not available from the recipe's source."""


class LicenceNotAcceptedError(ModelError):
    """The model has a licence that must be accepted first. Nothing was fetched."""

    def __init__(self, name: str, licence: str, terms: str, models_dir: Path) -> None:
        super().__init__(
            f"{name} was not fetched, because its licence must be accepted first: the {licence} ({terms})."
        )
        self.name = name
        self.models_dir = models_dir


class WrongChecksumError(ModelError):
    def __init__(self, file: str, expected: str, found: str) -> None:
        super().__init__(
            f"{file} is not the file that the recipe names: its SHA-256 is {found}, expected {expected}. "
            "The file was not used."
        )
        self.expected = expected
        self.found = found


class SameModelError(ModelError):
    """Two of the models that one server is to serve have the same name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The model “{name}” would be served twice: name it either in FORETYPE_MODEL or once in "
            "FORETYPE_ALSO_MODELS."
        )
        self.name = name


class NameTakenError(ModelError):
    """A model cannot be kept under the name that was asked for."""


class RecipeNameTakenError(NameTakenError):
    """A folder's model would have the name of a recipe."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(
            f"A recipe already has the name {name}: give the model in {folder} another name with --name."
        )
        self.name = name
        self.folder = folder


class NotAModelError(ModelError):
    """The folder or file is not a model, or not a model that continues text."""


class AlreadyPreparedError(NotAModelError):
    """A folder was named as a transformers model, and it holds a prepared model."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} is prepared already.")
        self.folder = folder


class ModelsFolderError(ModelError):
    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"The models folder {folder} cannot be written to ({reason}). Name another with "
            "--models-dir or in FORETYPE_MODELS_DIR."
        )
        self.folder = folder


class DiskFullError(ModelError):
    def __init__(self, folder: Path, needed: int | None = None, free: int | None = None) -> None:
        figures = (
            f": {needed / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free"
            if needed and free is not None
            else ""
        )
        super().__init__(
            f"The disk that holds {folder} is full{figures}. Free some space, or name another folder with "
            "--models-dir or in FORETYPE_MODELS_DIR, and run the command again: it continues from here."
        )
        self.folder = folder


class FileLimitError(ModelError):
    """This process may not write files that are as large as those of the model."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"This process may not write a file as large as the model needs in {folder}: raise the limit "
            "(ulimit -f), and run the command again: it continues from here."
        )
        self.folder = folder


class ExportMissingError(ModelError):
    """Something needs the packages of the extra `export`, and they are not installed."""

    def __init__(self, what: str, reason: str | None = None) -> None:
        because = "" if reason is None else f", because {reason}"
        super().__init__(f"{what} needs PyTorch and Optimum, which are not installed{because}.")


class CannotPrepareError(ModelError):
    """This installation lacks a package that preparing any model needs, as the container image does."""

    def __init__(self, recipe: str, models_dir: Path) -> None:
        super().__init__(
            f"{recipe} is not prepared in {models_dir}, and this installation cannot prepare models, because "
            f"the package onnx is not installed. Prepare the model with another installation, and copy or "
            f"mount its folder to {models_dir / recipe}."
        )


class QualityRefusedError(ModelError):
    """No quantised weights were as good as the float32 weights."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The source of a prepared model: the recipe of its name, or a transformers folder.

    If it is neither, the model was copied from another machine, and has to be copied again.
    """

    has_recipe: bool = False
    folder: str | None = None


class PreparedInvalidError(ModelError):
    """A prepared model's folder is incomplete, or its files are not what its manifest says."""

    def __init__(self, folder: Path, reason: str, origin: Origin) -> None:
        super().__init__(f"The prepared model in {folder} cannot be used: {reason}.")
        self.folder = folder
        self.reason = reason
        self.origin = origin


class PreparationEndedError(ModelError):
    """The process that prepared the model failed. It has printed the reason on the terminal."""

    def __init__(self, recipe: str, exit_code: int) -> None:
        super().__init__(f"{recipe} is not prepared; the lines above say why.")
        self.recipe = recipe
        self.exit_code = exit_code
