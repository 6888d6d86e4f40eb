"""Prepared models as serving sees them: a checked folder and its manifest."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from foretype.models.errors import Origin, PreparedInvalidError
from foretype.models.manifest import (
    FORMAT,
    GRAPH,
    MANIFEST,
    TOKENIZER,
    FileEntry,
    Manifest,
    ManifestChangedError,
)
from foretype.models.recipe import recipe_names


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prepared model whose files are what its manifest says."""

    folder: Path
    manifest: Manifest

    @property
    def graph(self) -> Path:
        return self.folder / GRAPH

    @property
    def tokenizer(self) -> Path:
        return self.folder / TOKENIZER

    @property
    def bytes(self) -> int:
        """Size on disk."""
        return sum(entry.bytes for entry in self.manifest.files.values())


def is_prepared(folder: Path) -> bool:
    """Whether the folder holds a complete model that this version of Foretype can read: the manifest is
    written last. Files may have been changed since then.
    """
    try:
        (folder / MANIFEST).stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # the folder cannot be read: loading it gives the error
        return True
    return _content(folder).get("format", FORMAT) == FORMAT  # if damaged, loading gives the error


def sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Raises PreparedInvalidError if there is no manifest, or if this version cannot read it."""
    try:
        return Manifest.read(folder)
    except FileNotFoundError:
        if not folder.exists():
            raise _invalid(folder, "the folder does not exist") from None
        raise _invalid(folder, "it has no manifest, so it is incomplete") from None
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(folder, f"its {MANIFEST} cannot be read ({_reason(error)})") from error
    except ManifestChangedError:
        raise _invalid(folder, f"its {MANIFEST} has changed since it was made") from None
    except ValidationError as error:
        made_by = _content(folder).get("format", FORMAT)
        if made_by != FORMAT:
            raise _invalid(
                folder,
                f"it was made by another version of Foretype (its format is {made_by!r}, this version reads "
                f"{FORMAT})",
            ) from None
        fields = ", ".join(".".join(map(str, problem["loc"])) or "the whole" for problem in error.errors())
        raise _invalid(folder, f"its {MANIFEST} is damaged ({fields})") from error


def load_prepared(folder: Path) -> Prepared:
    """Check every file against the manifest, and the files against each other, about 0.3 s for 270 MB. Raises
    PreparedInvalidError.
    """
    prepared = check_files(folder)
    tokens = _tokens(prepared.tokenizer)
    if tokens is not None:  # a damaged tokeniser: another check or loading reports it
        check_tokens(folder, prepared.manifest, tokens)
    return prepared


def check_files(folder: Path) -> Prepared:
    """Check every file against the manifest, and let other threads run meanwhile. Raises
    PreparedInvalidError.
    """
    manifest = read_manifest(folder)
    missing = {GRAPH, TOKENIZER} - manifest.files.keys()
    if missing:
        raise _invalid(folder, f"its {MANIFEST} does not list {', '.join(sorted(missing))}")
    with ThreadPoolExecutor() as pool:
        problems = pool.map(lambda item: _problem(folder / item[0], item[1]), manifest.files.items())
    for problem in problems:
        if problem is not None:
            raise _invalid(folder, problem)
    return Prepared(folder, manifest)


def check_tokens(folder: Path, manifest: Manifest, tokens: int) -> None:
    """Raises PreparedInvalidError if the model has no logits for all of the tokeniser's `tokens`, or for
    those that texts begin with.
    """
    size = manifest.geometry.vocab_size
    if tokens > size:
        raise _invalid(
            folder, f"its tokeniser has {tokens:,} tokens and its model {size:,}, so they do not match"
        )
    if not manifest.begin_ids or not all(0 <= token < size for token in manifest.begin_ids):
        raise _invalid(folder, "its texts begin with tokens that are not in its model's vocabulary")


def _problem(file: Path, entry: FileEntry) -> str | None:
    """The fault of one file; None if it has none."""
    try:
        size = file.stat().st_size
        if file.is_file() and size != entry.bytes:
            return f"{file.name} has {size:,} bytes, but {entry.bytes:,} were written"
        if sha256(file) != entry.sha256:
            return f"{file.name} has changed since it was made"
    except FileNotFoundError:
        return f"{file.name} is missing"
    except OSError as error:
        return f"{file.name} cannot be read ({_reason(error)})"
    return None


def _tokens(tokenizer: Path) -> int | None:
    """The number of tokens in a tokeniser's file. None if the file is damaged."""
    try:
        content = json.loads(tokenizer.read_bytes())
        ids = [*content["model"]["vocab"].values(), *(token["id"] for token in content["added_tokens"])]
        return int(max(ids)) + 1
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def origin_of(folder: Path) -> Origin:
    """The source of the prepared model in `folder`, as far as it is known here."""
    if folder.name in recipe_names():
        return Origin(has_recipe=True)
    source = _content(folder).get("source")
    if isinstance(source, dict) and source.get("kind") == "folder":
        return Origin(folder=str(source.get("name")))
    return Origin()


def _invalid(folder: Path, reason: str) -> PreparedInvalidError:
    return PreparedInvalidError(folder, reason, origin_of(folder))


def _content(folder: Path) -> dict[str, object]:
    """The manifest's content, valid or not. Empty if it cannot be read."""
    try:
        content = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or "unreadable" if isinstance(error, OSError) else "it is not text"


def prepared_names(models_dir: Path) -> list[str]:
    """The names of the folders that hold a prepared model, complete or damaged, of a recipe or not."""
    return sorted(
        {file.parent.name for name in (MANIFEST, GRAPH) for file in models_dir.glob(f"[!.]*/{name}")}
    )
