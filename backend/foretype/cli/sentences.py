"""The text of an error at the terminal: its own sentence, then what to do, with a command to copy."""

from __future__ import annotations

import shlex
from pathlib import Path

from foretype.cli.commands import command, install
from foretype.compare.errors import FolderNotPreparedError, RecipeNotPreparedError
from foretype.models.errors import (
    AlreadyPreparedError,
    ExportMissingError,
    LicenceNotAcceptedError,
    Origin,
    PreparedInvalidError,
    RecipeNameTakenError,
    RecipeNotFoundError,
)
from foretype.runtime.providers import WrongWeightsError

NO_MEMORY = (
    "There is not enough memory. Close other programs, raise the memory limit of this program (ulimit -v, or "
    "the limit of its container), or use a smaller model or a lower FORETYPE_FIELD_MB."
)


def sentence(error: Exception) -> str:
    match error:
        case PreparedInvalidError():
            return f"{error} {remedy(error.folder, error.origin)}"
        case AlreadyPreparedError(folder=folder):
            serve = command("serve", "--model", folder.name, models_dir=folder.parent)
            return f"{error} Serve it with: {serve}"
        case RecipeNameTakenError(name=name, folder=folder):
            by_recipe = command("prepare", name, "--from", folder)
            return f"{error} Or prepare the folder with that recipe: {by_recipe}"
        case RecipeNotFoundError(name=name):
            folder_named = shlex.quote(name) if "/" in name else "FOLDER"
            return f"{error} Prepare a model in a folder with: foretype prepare {folder_named}"
        case WrongWeightsError(folder=folder, needed=needed):
            again = command("prepare", folder.name, "--weights", needed, "--force", models_dir=folder.parent)
            return f"{error} Prepare the model with these weights: {again}"
        case ExportMissingError():
            return f"{error} Install them (0.9 GB on disk) with: {install('export')}"
        case LicenceNotAcceptedError(name=name, models_dir=models_dir):
            accept = command("prepare", name, "--accept-licence", models_dir=models_dir)
            return f"{error} Read it. If you accept it, run: {accept}"
        case RecipeNotPreparedError(name=name, models_dir=models_dir):
            return f"{error} Prepare it with: {command('prepare', name, models_dir=models_dir)}"
        case FolderNotPreparedError(folder=folder):
            prepare = command("prepare", folder)
            return f"{error} Prepare it, then compare it by the name that this command prints: {prepare}"
        case _:
            return str(error)


def remedy(folder: Path, origin: Origin) -> str:
    """A sentence that says what to do if a prepared model cannot be used."""
    again = "Prepare the model again with: "
    if origin.has_recipe:
        return again + command("prepare", folder.name, "--force", models_dir=folder.parent)
    if origin.folder is not None:
        words = ("prepare", origin.folder, "--name", folder.name, "--force")
        return again + command(*words, models_dir=folder.parent)
    return "Copy the model again from the machine on which it was prepared."
