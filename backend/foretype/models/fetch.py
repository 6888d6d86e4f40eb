"""Getting a recipe's weights onto this machine: from where they already are, else downloaded, checked
either way.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from foretype.models.errors import NotAModelError, SourceUnavailableError, WrongChecksumError
from foretype.models.folder import check_config, look_at
from foretype.models.hub import HubUnreachableError, cached_snapshot, download_snapshot
from foretype.models.manifest import SourceEntry
from foretype.models.prepared import sha256
from foretype.models.progress import Progress, Step
from foretype.models.recipe import FolderSource, HubSource, Recipe, WheelSource
from foretype.models.store import Store

WATCH_SECONDS = 0.2  # between two looks at how much has arrived


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights on this machine. `gguf` names the file inside `folder` where they are GGUF, else it is a
    transformers folder.
    """

    folder: Path
    gguf: str | None
    source: SourceEntry


def fetch(recipe: Recipe, store: Store, given: Path | None, progress: Progress) -> Weights:
    """The recipe's weights. `given` is a folder or file that the person named in place of the recipe's
    source.

    Raises SourceUnavailableError, WrongChecksumError, NotAModelError.
    """
    match recipe.source:
        case WheelSource() as source:
            return _Wheel(recipe.name, source, store, progress).fetch(given)
        case HubSource() as source:
            return _fetch_hub(recipe, source, given, progress)
        case FolderSource() as source:
            return _from_folder(given or source.path, recipe)


def weights_at_hand(recipe: Recipe) -> bool:
    """Whether `fetch` would find the weights without a network. Looks at names only, in milliseconds."""
    match recipe.source:
        case WheelSource() as source:
            return _installed(source) is not None
        case HubSource() as source:
            return cached_snapshot(source) is not None
        case FolderSource() as source:
            return source.path.is_dir()


# -- a transformers folder --------------------------------------------------------


def _from_folder(folder: Path, recipe: Recipe) -> Weights:
    looked_at = look_at(folder)
    _check_family(looked_at.path, looked_at.family, recipe)
    entry = SourceEntry(kind="folder", name=str(looked_at.path), sha256=looked_at.fingerprint())
    return Weights(looked_at.path, None, entry)


def has_changed(made: SourceEntry, recipe: Recipe, given: Path | None) -> bool:
    """Whether a transformers folder that the model is to come from holds something else than it was made of.

    A folder that is gone has not changed. Raises NotAModelError where what is there now is no model.
    """
    match recipe.source:
        case FolderSource() as source:
            folder = given or (source.path if source.path.expanduser().is_dir() else None)
        case HubSource():
            folder = given
        case WheelSource():  # has a checksum of its own
            folder = None
    return folder is not None and look_at(folder).fingerprint() != made.sha256


def _check_family(folder: Path, family: str, recipe: Recipe) -> None:
    if family != recipe.family:
        raise NotAModelError(
            f"The folder {folder} holds a model of the family {family}; the recipe {recipe.name} is for "
            f"{recipe.family}."
        )


# -- the model hub --------------------------------------------------------


def _fetch_hub(recipe: Recipe, source: HubSource, given: Path | None, progress: Progress) -> Weights:
    if given is not None:
        return _from_folder(given, recipe)
    kind = "cache"
    folder = cached_snapshot(source)
    if folder is None:
        kind = "hub"
        with progress.step(f"download {recipe.name} from the model hub") as step:
            folder = _download_from_hub(recipe, source, step)
    with progress.step("check the weights"):
        _check_sum(folder / source.file, source.sha256)
    _check_family(folder, check_config(folder), recipe)
    return Weights(
        folder,
        None,
        SourceEntry(kind=kind, name=source.repository, revision=source.revision, sha256=source.sha256),
    )


def _download_from_hub(recipe: Recipe, source: HubSource, step: Step) -> Path:
    try:
        return download_snapshot(source, lambda done: step.advance(done, source.bytes))
    except HubUnreachableError as error:
        raise SourceUnavailableError(
            f"The weights of {recipe.name} cannot be had: {error}, and they are neither in its cache on this "
            "machine nor in a folder that was named. Where you have them, say: "
            f"foretype prepare {recipe.name} --from FOLDER"
        ) from error


# -- a wheel on the package index --------------------------------------------------------


class _Wheel:
    """The file inside a wheel: installed, named by the person, left by an earlier try, or downloaded."""

    def __init__(self, recipe: str, source: WheelSource, store: Store, progress: Progress) -> None:
        self._recipe = recipe
        self._source = source
        self._progress = progress
        self._store = store
        self._kept = store.work / "weights" / source.file_name

    def fetch(self, given: Path | None) -> Weights:
        if given is not None:
            return self._from_given(given.expanduser().resolve())
        installed = _installed(self._source)
        if installed is not None and self._is_right(installed):
            return self._weights(installed)
        if not (self._kept.is_file() and self._is_right(self._kept)):
            self._keep(self._download)
            self._check(self._kept)
        return self._weights(self._kept)

    def _from_given(self, given: Path) -> Weights:
        """From a folder or a file: the GGUF file itself, or the wheel."""
        name = self._source.file_name
        places = [given / name, given / self._source.file] if given.is_dir() else [given]
        for place in places:
            if place.name == name and place.is_file():
                self._check(place)
                return self._weights(place)
        wheels = sorted(given.glob("*.whl")) if given.is_dir() else [given]
        for wheel in wheels:
            if zipfile.is_zipfile(wheel):
                self._keep(partial(self._unpack, wheel))
                self._check(self._kept)
                return self._weights(self._kept)
        raise NotAModelError(
            f"{given} holds neither {name} nor the wheel {self._source.package} that it comes in."
        )

    def _weights(self, file: Path) -> Weights:
        source = self._source
        entry = SourceEntry(kind="wheel", name=source.package, revision=source.version, sha256=source.sha256)
        return Weights(file.parent, file.name, entry)

    def _is_right(self, file: Path) -> bool:
        with self._progress.step("check the weights"):
            return file.stat().st_size == self._source.bytes and sha256(file) == self._source.sha256

    def _check(self, file: Path) -> None:
        with self._progress.step("check the weights"):
            _check_sum(file, self._source.sha256)

    def _keep(self, fill: Callable[[Path], None]) -> None:
        """Have `fill` write the file into a new folder, kept for a next try once it is whole."""
        with self._store.making("weights") as folder:
            fill(folder / self._source.file_name)

    def _unpack(self, wheel: Path, target: Path) -> None:
        try:
            with (
                zipfile.ZipFile(wheel) as archive,
                archive.open(self._source.file) as source,
                target.open("wb") as out,
            ):
                shutil.copyfileobj(source, out)
        except (KeyError, zipfile.BadZipFile) as error:
            raise NotAModelError(f"The wheel {wheel.name} does not hold {self._source.file}.") from error

    def _download(self, target: Path) -> None:
        arriving = target.parent / "arriving"
        arriving.mkdir()
        wanted = f"{self._source.package}=={self._source.version}"
        with self._progress.step(f"download {self._source.package} {self._source.version}") as step:
            self._run(_installer(wanted, arriving, self._by_hand()), arriving, step)
        wheels = list(arriving.glob("*.whl"))
        if wheels:
            self._unpack(wheels[0], target)
        else:
            (arriving / self._source.file).rename(target)
        shutil.rmtree(arriving)

    def _run(self, command: list[str], arriving: Path, step: Step) -> None:
        """Run the installer. It unpacks into its temporary folder first, which is put where its growth can
        be watched.
        """
        temporary = arriving / "tmp"
        temporary.mkdir()
        surroundings = {**os.environ, "TMPDIR": str(temporary), "TEMP": str(temporary), "TMP": str(temporary)}
        with subprocess.Popen(
            command, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                said = _communicate(process, lambda: step.advance(folder_bytes(arriving), self._source.bytes))
            except BaseException:
                process.terminate()
                raise
        if process.returncode != 0:
            raise SourceUnavailableError(
                f"The weights of {self._recipe} could not be downloaded: {_first_error(said)}. Check the "
                f"connection and run it again, {self._by_hand()}"
            )

    def _by_hand(self) -> str:
        return (
            f"or get the wheel {self._source.package} {self._source.version} by hand and say: "
            f"foretype prepare {self._recipe} --from WHEEL"
        )


def _installed(source: WheelSource) -> Path | None:
    """The file where the wheel happens to be installed in this environment."""
    spec = importlib.util.find_spec(source.file.split("/")[0])
    if spec is None or spec.origin is None:
        return None
    file = Path(spec.origin).parent / source.file_name
    return file if file.is_file() else None


def _installer(wanted: str, folder: Path, by_hand: str) -> list[str]:
    """The command that brings one wheel here as the person configured their package index: pip, else uv."""
    if importlib.util.find_spec("pip") is not None:
        options = ["--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check"]
        patience = ["--retries", "2", "--timeout", "15"]
        return [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            *options,
            *patience,
            "--dest",
            str(folder),
            wanted,
        ]
    uv = shutil.which("uv")
    if uv is not None:
        return [uv, "pip", "install", "--quiet", "--no-deps", "--target", str(folder), wanted]
    raise SourceUnavailableError(
        f"Neither pip nor uv is here to download {wanted}: install one of them, {by_hand}"
    )


def _communicate(process: subprocess.Popen[str], look: Callable[[], None]) -> str:
    """What the process said on its standard error; `look` is called while it runs."""
    while True:
        try:
            return process.communicate(timeout=WATCH_SECONDS)[1]
        except subprocess.TimeoutExpired:
            look()


def _first_error(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")] or lines
    return errors[0].removeprefix("ERROR:").strip().rstrip(".") if errors else "the installer gave no reason"


def _check_sum(file: Path, expected: str) -> None:
    found = sha256(file)
    if found != expected:
        raise WrongChecksumError(str(file), expected, found)


def folder_bytes(folder: Path) -> int:
    """Bytes in a folder that somebody else is writing to."""
    total = 0
    for file in folder.rglob("*"):
        try:
            total += file.stat().st_size if file.is_file() else 0
        except FileNotFoundError:  # renamed or removed since it was listed
            continue
    return total
