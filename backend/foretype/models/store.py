"""The models folder. A model is made in a folder beside the others, and one rename puts it in its place.

`<models_dir>/<recipe>/` is complete or missing. `.work-<recipe>/` holds the model that is being made, and
what an interrupted preparation can continue from. The process that prepares holds `.<recipe>.lock`; the
system releases it when that process ends.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from foretype.models.errors import ModelsFolderError
from foretype.models.prepared import is_prepared


class Store:
    """The models folder, for one recipe. Only the holder of `lock` may call anything but `folder`."""

    def __init__(self, models_dir: Path, recipe: str) -> None:
        self.models_dir = models_dir
        self.folder = models_dir / recipe
        self.work = models_dir / f".work-{recipe}"
        self._replaced = models_dir / f".old-{recipe}"
        self._lock = models_dir / f".{recipe}.lock"

    @contextmanager
    def lock(self, waiting: Callable[[], None]) -> Iterator[None]:
        """Hold the recipe's lock. If another process holds it, `waiting` is called once. Raises
        ModelsFolderError.
        """
        lock = FileLock(self._lock)
        try:
            self.models_dir.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except Timeout:
            waiting()
            lock.acquire()
        except OSError as error:
            if is_disk_full(error, self.models_dir, 0):
                raise
            raise ModelsFolderError(self.models_dir, error.strerror or type(error).__name__) from error
        try:
            yield
        finally:
            lock.release()

    def tidy(self) -> None:
        """Clean up after a preparation that was killed: undo an unfinished replacement, remove an incomplete
        model.
        """
        if self._replaced.exists():
            if is_prepared(self.folder):
                shutil.rmtree(self._replaced)
            else:
                shutil.rmtree(self.folder, ignore_errors=True)
                self._replaced.rename(self.folder)
        if self.folder.exists() and not is_prepared(self.folder):
            shutil.rmtree(self.folder)
        if self.work.exists():
            for left in self.work.glob("*.part"):
                _remove(left)
        self.work.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def making(self, name: str) -> Iterator[Path]:
        """A new folder to fill. If the context ends without an exception, the folder is written to the disk
        and becomes `work/name` in one step.
        """
        part = self.work / f"{name}.part"
        _remove(part)
        part.mkdir(parents=True)
        yield part
        sync_tree(part)
        _remove(self.work / name)
        part.rename(self.work / name)
        sync(self.work)

    def install(self, made: Path) -> None:
        """Put a complete model, with its manifest, in the recipe's place, and remove the work folder."""
        if self.folder.exists():
            self.folder.rename(self._replaced)
        made.rename(self.folder)
        sync(self.models_dir)
        shutil.rmtree(self._replaced, ignore_errors=True)
        shutil.rmtree(self.work, ignore_errors=True)


def sync(path: Path) -> None:
    """Write a file, or a folder's list of names, to the disk (fsync)."""
    if os.name == "nt" and path.is_dir():  # Windows has no such call for folders
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    for file in folder.rglob("*"):
        sync(file)
    sync(folder)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def is_disk_full(error: Exception, folder: Path, below: int) -> bool:
    """Whether a full disk may be the reason of an error: the error says so, or fewer than `below` bytes are
    free.
    """
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return folder.is_dir() and shutil.disk_usage(folder).free < below
