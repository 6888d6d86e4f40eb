"""What can go wrong with a model, each as one sentence that says what to do. The command line prints the
sentence, no stack trace.
"""

from __future__ import annotations

import shlex
from pathlib import Path


class ModelError(Exception):
    """A model cannot be had, made or served; `str()` is the sentence for the person who asked for it."""


class RecipeNotFoundError(ModelError):
    """No recipe has that name, and no prepared model. `known` are the names that there are."""

    def __init__(self, name: str, known: list[str]) -> None:
        folder = shlex.quote(name) if "/" in name else "FOLDER"
        super().__init__(
            f"There is no model “{name}”. There are: {', '.join(known) or 'none'}. "
            f"One in a folder is prepared with: foretype prepare {folder}"
        )
        self.name = name
        self.known = known


class RecipeInvalidError(ModelError):
    def __init__(self, file: Path, problems: list[str]) -> None:
        super().__init__(f"The recipe {file} cannot be used: {'; '.join(problems)}.")
        self.file = file
        self.problems = problems


class SourceUnavailableError(ModelError):
    """The weights cannot be had from where the recipe says."""


class WrongChecksumError(ModelError):
    def __init__(self, file: str, expected: str, found: str) -> None:
        super().__init__(
            f"{file} is not the file that the recipe names: its SHA-256 is {found}, expected {expected}. "
            "Nothing was made from it."
        )
        self.expected = expected
        self.found = found


class NameTakenError(ModelError):
    """A model cannot be kept under the name that is wanted for it."""


class NotAModelError(ModelError):
    """The folder or file is no model, or not one that continues text."""


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
            "--models-dir or in FORETYPE_MODELS_DIR, and run it again: it goes on from here."
        )
        self.folder = folder


class QualityRefusedError(ModelError):
    """No set of quantised weights was as good as the float32 ones."""


class PreparedInvalidError(ModelError):
    """A prepared model's folder is not whole, or not what its manifest says. `remedy` is what to do."""

    def __init__(self, folder: Path, reason: str, remedy: str) -> None:
        super().__init__(f"The prepared model in {folder} cannot be used: {reason}. {remedy}")
        self.folder = folder
        self.reason = reason


class PreparationEndedError(ModelError):
    """The process that made the model ended without one. It has said why on the terminal itself."""

    def __init__(self, recipe: str, exit_code: int) -> None:
        super().__init__(f"{recipe} is not prepared; the reason stands above.")
        self.recipe = recipe
        self.exit_code = exit_code
