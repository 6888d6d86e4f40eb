"""The file of paired clients: read and checked, and replaced as a whole under a lock.

It has room for some 20,000 clients. Codes and tokens are in it as hashes only. The server and `foretype pair`
share the file, and a user may have edited it, so every member is checked when it is read. A file that cannot
be read is never overwritten.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import hmac
import json
import math
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from foretype.server.whole_file import MOST_BYTES, Signature, put, written
from foretype.server.whole_file import read as _read
from foretype.server.whole_file import signature as _signature

try:
    import fcntl
except (
    ImportError
):  # Windows: the file is still replaced as a whole, but two changes at the same time are not ordered
    fcntl = None  # type: ignore[assignment]

VERSION = 1
CLIENT_CHARS = 64
CODE_LIFETIME = 600.0
CLOCK_STEP = 60.0  # seconds that a clock may be set back without ending a code
LATEST = 253402300799.0  # the last second of the year 9999: `datetime` supports no later one
LOCK_SECONDS = 5.0  # another process holds the lock for milliseconds
LOCK_STEP_SECONDS = 0.05

_CLIENT_ID = re.compile("[0-9a-f]{8}")
_DIGEST = re.compile("[0-9a-f]{64}")
_SALT = re.compile("[0-9a-f]{32}")
_SLOW_HASH = re.compile("[0-9a-f]{128}")


class BadStateError(Exception):
    """The file of paired clients, or the keys of a provider (`provider_errors`), cannot be used now. This is
    an error of the server, never of a client.

    The message is for the server's own terminal: it has the path, and says what to do. `cause`: a word for
    the log. `for_clients`: a sentence without anything about the server's machine.
    """

    for_clients = "The server cannot use its list of paired clients."

    def __init__(self, message: str, cause: str) -> None:
        super().__init__(message)
        self.cause = cause


class UnreadableStateError(BadStateError):
    for_clients = (
        "The server cannot read its list of paired clients: `foretype pair --list` on its machine says why. "
        "Your token may be right."
    )


class GoneStateError(UnreadableStateError):
    """The folder existed before and is missing now. It is unknown whether its clients are still paired."""


class UnwritableStateError(BadStateError):
    for_clients = "The server could not store the pairing: `foretype pair` on its machine says why."


@dataclass(frozen=True, slots=True)
class Paired:
    """A paired client. `client` is the name that it gave itself when it paired."""

    id: str
    digest: str
    client: str
    paired_at: float


@dataclass(frozen=True, slots=True)
class Code:
    """A code that is not used yet. `key`: its slow hash with `salt`. `expires_at`: seconds since 1970."""

    salt: str
    key: str
    expires_at: float

    @classmethod
    def of(cls, code: str, expires_at: float) -> Code:
        salt = secrets.token_hex(16)
        return cls(salt, _slow_hash(code, salt), expires_at)

    def matches(self, code: str) -> bool:
        return hmac.compare_digest(self.key, _slow_hash(code, self.salt))

    def is_valid(self, now: float) -> bool:
        """A code that has more than its lifetime left was made before the clock was set back: how old it is
        is unknown.
        """
        return 0 < self.expires_at - now <= CODE_LIFETIME + CLOCK_STEP


@dataclass(frozen=True, slots=True)
class State:
    """The content of the file."""

    codes: tuple[Code, ...] = ()
    clients: tuple[Paired, ...] = ()


@dataclass(frozen=True, slots=True)
class _Copy:
    """The last content that could be read. `signature`: of its file; None if there was no file."""

    signature: Signature | None
    state: State


@dataclass(slots=True)
class StateFile:
    """The file of paired clients. Several processes may change it, and several threads may call this object.

    Every method except `last_good` waits for the disk.
    """

    path: Path
    _good: _Copy | None = field(default=None, init=False)
    _damaged: tuple[Signature, str] | None = field(default=None, init=False)
    """A file that was read and is damaged, so that it is not read again for each keystroke."""
    _folder_was_there: bool = field(default=False, init=False)

    def read(self) -> State:
        """The current content. The file is read again only if it has changed.

        If there is no file, the content is empty. Raises `UnreadableStateError`.
        """
        try:
            signature = _signature(self.path.stat())
        except FileNotFoundError:
            return self._without_file()
        except OSError as error:
            raise _unreadable(self.path, error) from None
        good, damaged = self._good, self._damaged
        if good is not None and good.signature == signature:
            return good.state
        if damaged is not None and damaged[0] == signature:
            raise UnreadableStateError(damaged[1], "damaged")
        return self._read_again()

    def last_good(self) -> State | None:
        """The last content that could be read. None if there was none yet."""
        return self._good.state if self._good is not None else None

    @contextlib.contextmanager
    def change(self) -> Iterator[Callable[[State], None]]:
        """Hold the lock and yield a function that replaces the file's content.

        Raises `UnwritableStateError`.
        """
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unwritable(self.path.parent, error) from None
        try:
            self._wait_for(lock)
            yield self._write
        finally:
            os.close(lock)  # also releases the lock

    def check(self) -> None:
        """Make the folder if it is missing, and read and write in it without changing the file.

        Raises `BadStateError` if a client could not pair now, or if paired clients cannot be looked up.
        """
        with self.change():
            state = self.read()
            try:
                os.unlink(self._written(_content(state)))
            except OSError as error:
                raise _unwritable(self.path.parent, error) from None

    def _without_file(self) -> State:
        is_there = self.path.parent.is_dir()
        if self._folder_was_there and not is_there:
            raise GoneStateError(
                f"The folder {self.path.parent} is gone: restore it, or pair your clients again.", "gone"
            )
        self._folder_was_there = is_there
        self._good, self._damaged = _Copy(None, State()), None
        return State()

    def _read_again(self) -> State:
        try:
            signature, content = _read(self.path)
        except FileNotFoundError:
            return self._without_file()
        except OSError as error:
            raise _unreadable(self.path, error) from None
        try:
            state = _parsed(content)
        except _OddContentError as odd:
            message = (
                f"The file {self.path} is damaged ({odd}): move it to another place, then pair your clients "
                "again."
            )
            self._damaged = (signature, message)
            raise UnreadableStateError(message, "damaged") from None
        self._folder_was_there = True
        self._good, self._damaged = _Copy(signature, state), None
        return state

    def _wait_for(self, lock: int) -> None:
        if fcntl is None:
            return
        steps = math.ceil(LOCK_SECONDS / LOCK_STEP_SECONDS)
        for step in range(steps + 1):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if step < steps:
                    time.sleep(LOCK_STEP_SECONDS)
            except OSError as error:
                raise _unwritable(self.path.parent, error) from None
        raise UnwritableStateError(
            f"Another process holds the lock of {self.path}: end the `foretype` that hangs, then try again.",
            "locked",
        )

    def _write(self, state: State) -> None:
        try:
            put(self._written(_content(state)), self.path)
        except OSError as error:
            raise _unwritable(self.path.parent, error) from None

    def _written(self, content: str) -> str:
        """The path of a new file beside the real one, with this content on the disk. Raises `OSError`."""
        return written(self.path, content, lambda handle: _give_to_owner_of(self.path.parent, handle))


def _give_to_owner_of(folder: Path, handle: int) -> None:
    """If root changes another user's file, as with `sudo foretype pair`, the user's server must still be able
    to read it: otherwise a client that root has revoked would keep its access.
    """
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)


def _unreadable(path: Path, error: OSError) -> UnreadableStateError:
    return UnreadableStateError(f"The file {path} cannot be read: {_why(error)}.", _name(error))


def _unwritable(folder: Path, error: OSError) -> UnwritableStateError:
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return UnwritableStateError(
        f"The folder {folder} cannot be written: {_why(error)}. "
        f"{'Free some space' if is_full else 'Make it writable'}, or set FORETYPE_STATE_DIR to a folder that "
        "you may write.",
        _name(error),
    )


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "OSError")


class _OddContentError(Exception):
    """The content is not what Foretype writes. The message never contains any of it."""


def _parsed(content: bytes) -> State:
    if len(content) > MOST_BYTES:
        raise _OddContentError(f"it is longer than {MOST_BYTES:,} bytes")
    try:
        read = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):  # also text that is not UTF-8, and numbers with too many digits
        raise _OddContentError("it is not valid JSON") from None
    if not isinstance(read, dict) or read.get("version") != VERSION:
        raise _OddContentError("it is not of this version of Foretype")
    try:
        return State(
            tuple(_code(_object(code)) for code in _list(read, "codes")),
            tuple(_paired(_object(client)) for client in _list(read, "clients")),
        )
    except RecursionError:
        raise _OddContentError("it is not valid JSON") from None


def _code(found: dict[str, Any]) -> Code:
    _only(found, Code)
    return Code(_hash(found, "salt", _SALT), _hash(found, "key", _SLOW_HASH), _time(found.get("expires_at")))


def _paired(found: dict[str, Any]) -> Paired:
    _only(found, Paired)
    client = found.get("client")
    if not isinstance(client, str) or len(client) > CLIENT_CHARS:
        raise _OddContentError("'client' is not a short text")
    identity, hashed = _hash(found, "id", _CLIENT_ID), _hash(found, "digest", _DIGEST)
    return Paired(identity, hashed, client, _time(found.get("paired_at")))


def _list(found: dict[str, Any], name: str) -> list[Any]:
    value = found.get(name)
    if not isinstance(value, list):
        raise _OddContentError(f"'{name}' is not a list")
    return value


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _OddContentError("an entry is not an object")
    return value


def _only(found: dict[str, Any], kind: type[Code | Paired]) -> None:
    if set(found) - set(kind.__dataclass_fields__):  # they would be lost at the next change
        raise _OddContentError("an entry has unknown members")


def _hash(found: dict[str, Any], name: str, form: re.Pattern[str]) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise _OddContentError(f"'{name}' is not a hash")
    return value


def _time(value: object) -> float:
    if type(value) not in (int, float) or not 0 <= value <= LATEST:  # type: ignore[operator]  # a number here
        raise _OddContentError("a time is not valid")
    return float(value)  # type: ignore[arg-type]


def _content(state: State) -> str:
    return json.dumps({"version": VERSION, **asdict(state)}, indent=1)


def _slow_hash(code: str, salt: str) -> str:
    return hashlib.scrypt(code.encode(), salt=salt.encode(), n=2**13, r=8, p=1).hex()
