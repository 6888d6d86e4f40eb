"""The SQLite file of own words: its layout, one transaction for each call, and the reasons why it cannot be
used.

Each call opens the file and closes it again, so the server and `foretype words` may use it at the same time,
and a file that was deleted is noticed. Every call waits for the disk.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from foretype.words.errors import WordsFileError

FILE = "words.sqlite3"
VERSION = 1  # of the layout
LOCK_SECONDS = 5.0

SCHEMA = """
CREATE TABLE persons (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, key BLOB NOT NULL,
    version INTEGER NOT NULL, whole INTEGER NOT NULL, tidied INTEGER NOT NULL
);
CREATE TABLE runs (
    person INTEGER NOT NULL, before TEXT NOT NULL, piece TEXT NOT NULL,
    seen INTEGER NOT NULL, last INTEGER NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (person, before, piece)
) WITHOUT ROWID;
CREATE INDEX runs_by_piece ON runs (person, piece);
CREATE INDEX runs_by_version ON runs (person, version);
CREATE TABLE marks (
    person INTEGER NOT NULL, mark BLOB NOT NULL, seen INTEGER NOT NULL, last INTEGER NOT NULL,
    PRIMARY KEY (person, mark)
) WITHOUT ROWID;
CREATE TABLE added (person INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (person, text)) WITHOUT ROWID;
"""


class SqliteFile:
    """Any thread may call it. Methods raise `WordsFileError`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection | None]:
        """None if there is no file."""
        if not self._is_there():
            yield None
            return
        with self._opened() as file:
            file.execute("BEGIN")
            yield file

    @contextlib.contextmanager
    def change(self, *, make: bool = True) -> Iterator[Any]:
        """A transaction, during which no other process changes the file. None if there is no file and none is
        to be made.
        """
        if not make and not self._is_there():
            yield None
            return
        with self._opened() as file:
            file.execute("BEGIN IMMEDIATE")
            try:
                yield file
            except BaseException:
                if file.in_transaction:  # SQLite ends it by itself if the disk is full
                    file.execute("ROLLBACK")
                raise
            file.execute("COMMIT")

    def compact(self) -> None:
        """Write the whole file again. `secure_delete` overwrites what is deleted, but not the copies that
        SQLite leaves in a page when it moves rows to another one.
        """
        with self._opened() as file:
            file.execute("PRAGMA temp_store = MEMORY")  # else a folder for temporary files gets a copy
            file.execute("VACUUM")

    def _is_there(self) -> bool:
        try:
            return self.path.exists()
        except OSError as error:
            raise self._unusable(error) from None

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        file = None
        try:
            self._make()
            file = sqlite3.connect(self.path, timeout=LOCK_SECONDS, isolation_level=None)
            file.execute("PRAGMA secure_delete = ON")
            version = file.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                _lay_out(file)
            elif version != VERSION:
                raise self._unusable(None)
            yield file
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from None
        finally:
            if file is not None:
                file.close()

    def _unusable(self, error: OSError | sqlite3.Error | None) -> WordsFileError:
        """`error`: None if another version of Foretype has written the file."""
        why = NEWER if error is None else _why(error)
        return WordsFileError(f"The file of own words, {self.path}, {why}", _name_of(error))

    def _make(self) -> None:
        """The file that only its owner may read. SQLite's journal beside it gets the same mode."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):
            handle = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with contextlib.closing(os.fdopen(handle, "wb")):
                if hasattr(os, "geteuid") and os.geteuid() == 0:  # `sudo foretype words`
                    owner = self.path.parent.stat()
                    os.fchown(handle, owner.st_uid, owner.st_gid)


def _lay_out(file: sqlite3.Connection) -> None:
    file.execute("BEGIN IMMEDIATE")
    if file.execute("PRAGMA user_version").fetchone()[0] == 0:  # else another process was faster
        for statement in SCHEMA.split(";"):
            file.execute(statement)
        file.execute(f"PRAGMA user_version = {VERSION}")
    file.execute("COMMIT")


def _why(error: OSError | sqlite3.Error) -> str:
    """Why the file cannot be used, and what to do. SQLite's own message may hold a word of the file."""
    writable = "Make it writable, or set FORETYPE_STATE_DIR to a folder that you may write."
    if isinstance(error, OSError):
        return f"cannot be used: {error.strerror}. {writable}"
    name = _name_of(error)
    for beginning, why in _REASONS.items():
        if name.startswith(beginning):
            return why
    return f"cannot be used: {name}. {writable} If it is damaged, delete it."


def _name_of(error: OSError | sqlite3.Error | None) -> str:
    if error is None:
        return "OTHER_VERSION"
    if isinstance(error, OSError):
        return errno.errorcode.get(error.errno or 0, type(error).__name__)
    return getattr(error, "sqlite_errorname", type(error).__name__)


NEWER = "was written by another version of Foretype: use that version, or delete the file."
_UNREADABLE = "cannot be opened or written. Make it writable, or set FORETYPE_STATE_DIR to another folder."
_REASONS = {
    "SQLITE_READONLY": _UNREADABLE,
    "SQLITE_CANTOPEN": _UNREADABLE,
    "SQLITE_BUSY": f"has been in use by another program for more than {LOCK_SECONDS:.0f} seconds: try again.",
    "SQLITE_FULL": "cannot be written: the disk is full. Free some space on it.",
    "SQLITE_NOTADB": "is damaged: delete it, or put a backup in its place.",
    "SQLITE_CORRUPT": "is damaged: delete it, or put a backup in its place.",
}
