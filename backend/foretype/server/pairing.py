"""Pairing: a client exchanges a short code, which the user types once, for a token of its own. The token can
be revoked.

Codes and tokens are stored as hashes only, in one file that the server and `foretype pair` share. Each change
is made under a lock and replaces the whole file. A code has 40 bits and could be guessed from a plain hash,
so its hash is slow and salted, and the code is valid for ten minutes.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from foretype.server.guard import digest
from foretype.support.clock import Clock

try:
    import fcntl
except (
    ImportError
):  # Windows: the file is still replaced as a whole, but two changes at the same time are not ordered
    fcntl = None  # type: ignore[assignment]

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
CODE_CHARS = 8
CODE_LIFETIME = 600.0
_READ_AS = str.maketrans("ILO", "110")


class BadStateError(Exception):
    """The file of paired clients cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Paired:
    """A paired client. `client` is the name that it gave itself when it paired."""

    id: str
    digest: str
    client: str
    paired_at: float


@dataclass(frozen=True, slots=True)
class Code:
    """A code that is not used yet. `key`: its slow hash with `salt`. `expires_at`: seconds since 1970; None
    if the code is valid as long as this process runs.
    """

    salt: str
    key: str
    expires_at: float | None

    @classmethod
    def of(cls, code: str, expires_at: float | None) -> Code:
        salt = secrets.token_hex(16)
        return cls(salt, _slow_hash(code, salt), expires_at)

    def matches(self, code: str) -> bool:
        return hmac.compare_digest(self.key, _slow_hash(code, self.salt))

    def is_valid(self, now: float) -> bool:
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class State:
    """The content of the file."""

    codes: tuple[Code, ...] = ()
    clients: tuple[Paired, ...] = ()


@dataclass(slots=True)
class StateFile:
    """The file of paired clients. Several processes may change it. Every method waits for the disk."""

    path: Path
    _seen: tuple[int, int, int] | None = field(default=None, init=False)
    _state: State = field(default_factory=State, init=False)

    def read(self) -> State:
        """The current content. The file is read again only if it has changed.

        If there is no file, the content is empty. Raises `BadStateError`.
        """
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            self._seen, self._state = None, State()
            return self._state
        except OSError as error:
            raise BadStateError(f"The file {self.path} cannot be read: {error.strerror}.") from None
        seen = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if seen != self._seen:
            self._state, self._seen = _parse(self.path), seen
        return self._state

    @contextlib.contextmanager
    def change(self) -> Iterator[Callable[[State], None]]:
        """Hold the lock and yield a function that replaces the file's content. Raises `BadStateError`."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise BadStateError(
                f"The folder {self.path.parent} cannot be written: {error.strerror}."
            ) from None
        try:
            if fcntl is not None:
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield self._write
        finally:
            os.close(lock)  # also releases the lock

    def _write(self, state: State) -> None:
        content = json.dumps({"version": 1, **asdict(state)}, indent=1)
        try:
            # mkstemp makes the file with mode 0600.
            handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, self.path)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
                raise
        except OSError as error:
            raise BadStateError(f"The file {self.path} cannot be written: {error.strerror}.") from None


class Pairing:
    """Makes codes and exchanges them for tokens. Its methods wait for the disk and for the slow hash: call
    `redeem` in a thread.
    """

    def __init__(self, state_dir: Path, clock: Clock = time.time) -> None:
        """`clock` gives seconds since 1970, because other processes compare the times in the file."""
        self._file = StateFile(state_dir / "clients.json")
        self._clock = clock
        self._own: Code | None = None

    def own_code(self) -> str:
        """A code that works once, as long as this object exists. It is not in the file."""
        code = new_code()
        self._own = Code.of(code, None)
        return formatted(code)

    def new_code(self, lifetime: float = CODE_LIFETIME) -> str:
        """A code that works once, in any process that shares the file, for `lifetime` seconds."""
        code = new_code()
        now = self._clock()
        with self._file.change() as write:
            state = self._file.read()
            valid = tuple(old for old in state.codes if old.is_valid(now))[-7:]
            write(replace(state, codes=(*valid, Code.of(code, now + lifetime))))
        return formatted(code)

    def redeem(self, typed: str, client: str) -> str | None:
        """A new token for a code, which cannot be used again. None if the code is wrong, used or expired."""
        code = read_code(typed)
        if code is None:
            return None
        token = secrets.token_urlsafe(32)
        now = self._clock()
        with self._file.change() as write:
            state = self._file.read()
            valid = [waiting for waiting in state.codes if waiting.is_valid(now)]
            matching = [waiting for waiting in valid if waiting.matches(code)]
            own = self._own is not None and self._own.matches(code)
            if not matching and not own:
                return None
            paired = Paired(secrets.token_hex(4), digest(token), client, now)
            left = tuple(waiting for waiting in valid if waiting not in matching)
            write(State(left, (*state.clients, paired)))
            if own:
                self._own = None
        return token

    def clients(self) -> tuple[Paired, ...]:
        return self._file.read().clients

    def revoke(self, identity: str) -> bool:
        """Revoke the token of a client. False if no client has this id."""
        with self._file.change() as write:
            state = self._file.read()
            left = tuple(client for client in state.clients if client.id != identity)
            if len(left) == len(state.clients):
                return False
            write(replace(state, clients=left))
        return True


class Lockout:
    """Slows guessing down: after five wrong attempts in a row the next is allowed after a minute, and after
    each further wrong one after twice as long, up to an hour.
    """

    def __init__(self, clock: Clock, allowed: int = 5, first: float = 60.0, longest: float = 3600.0) -> None:
        self._clock = clock
        self._allowed = allowed
        self._first = first
        self._longest = longest
        self._wrong = 0
        self._until = 0.0

    def remaining(self) -> float:
        """Seconds until the next attempt is allowed; 0 if it is allowed now."""
        return max(0.0, self._until - self._clock())

    def wrong(self) -> None:
        self._wrong += 1
        if self._wrong >= self._allowed:
            doublings = min(self._wrong - self._allowed, 16)
            self._until = self._clock() + min(self._longest, self._first * 2**doublings)

    def right(self) -> None:
        self._wrong = 0


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARS))


def formatted(code: str) -> str:
    """A code as it is shown to the user: XXXX-XXXX."""
    return f"{code[:4]}-{code[4:]}"


def read_code(typed: str) -> str | None:
    """The code in the text that the user typed. None if it is not a code.

    Lower case, a missing dash, O for 0, and I or L for 1 are accepted.
    """
    code = "".join(typed.split()).replace("-", "").upper().translate(_READ_AS)
    fits = typed.isascii() and len(code) == CODE_CHARS and all(char in ALPHABET for char in code)
    return code if fits else None


def _slow_hash(code: str, salt: str) -> str:
    return hashlib.scrypt(code.encode(), salt=salt.encode(), n=2**13, r=8, p=1).hex()


def _parse(path: Path) -> State:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        codes = tuple(Code(**code) for code in content["codes"])
        return State(codes, tuple(Paired(**client) for client in content["clients"]))
    except OSError as error:
        raise BadStateError(f"The file {path} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadStateError(f"The file {path} is damaged: delete it, then pair your clients again.") from None
