"""Pairing: a short code that a person types once becomes a token of that client's own, which can be revoked.

Codes and tokens are kept as hashes only, in one file that the server and `foretype pair` share: each change
is made under a lock and written whole. A code of forty bits can be guessed from its hash, so codes are hashed
slowly and with a salt, and live ten minutes.
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
except ImportError:  # Windows: changes are still written whole, only not one after the other
    fcntl = None  # type: ignore[assignment]

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
CODE_CHARS = 8
CODE_LIFETIME = 600.0
_READ_AS = str.maketrans("ILO", "110")


class BadStateError(Exception):
    """The file of paired clients cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Paired:
    """One client that was let in. `client` is what it called itself when it paired."""

    id: str
    digest: str
    client: str
    paired_at: float


@dataclass(frozen=True, slots=True)
class Code:
    """A code that waits to be used: `key` is its slow hash with `salt`. None for `expires_at`: as long as
    this process lives.
    """

    salt: str
    key: str
    expires_at: float | None

    @classmethod
    def of(cls, code: str, expires_at: float | None) -> Code:
        salt = secrets.token_hex(16)
        return cls(salt, _slow_hash(code, salt), expires_at)

    def fits(self, code: str) -> bool:
        return hmac.compare_digest(self.key, _slow_hash(code, self.salt))

    def alive(self, now: float) -> bool:
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class State:
    """What the file holds."""

    codes: tuple[Code, ...] = ()
    clients: tuple[Paired, ...] = ()


@dataclass(slots=True)
class StateFile:
    """The file of paired clients. Several processes may change it; every method blocks for the disk."""

    path: Path
    _seen: tuple[int, int, int] | None = field(default=None, init=False)
    _state: State = field(default_factory=State, init=False)

    def read(self) -> State:
        """What it holds now, read again only where it has changed.

        A missing file is empty. Raises `BadStateError`.
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
        """Hold the lock; what is given to the yielded function is the file's new content. Raises
        `BadStateError`.
        """
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
            os.close(lock)  # lets the lock go, too

    def _write(self, state: State) -> None:
        content = json.dumps({"version": 1, **asdict(state)}, indent=1)
        try:
            handle, temporary = tempfile.mkstemp(
                dir=self.path.parent, prefix=self.path.name
            )  # made with mode 0600
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
    """Codes in, tokens out. Its methods block for the disk and the slow hash: call `redeem` in a thread."""

    def __init__(self, state_dir: Path, clock: Clock = time.time) -> None:
        """`clock` gives seconds since 1970: times are kept in the file and compared by other processes."""
        self._file = StateFile(state_dir / "clients.json")
        self._clock = clock
        self._own: Code | None = None

    def own_code(self) -> str:
        """A code that works once and as long as this object lives; it is not in the file."""
        code = new_code()
        self._own = Code.of(code, None)
        return written(code)

    def new_code(self, lifetime: float = CODE_LIFETIME) -> str:
        """A code that works once, in any process that shares the file, for `lifetime` seconds."""
        code = new_code()
        now = self._clock()
        with self._file.change() as write:
            state = self._file.read()
            alive = tuple(old for old in state.codes if old.alive(now))[-7:]
            write(replace(state, codes=(*alive, Code.of(code, now + lifetime))))
        return written(code)

    def redeem(self, typed: str, client: str) -> str | None:
        """The token for a code, which is used up by that; None where the code is wrong, used or too old."""
        code = read_code(typed)
        if code is None:
            return None
        token = secrets.token_urlsafe(32)
        now = self._clock()
        with self._file.change() as write:
            state = self._file.read()
            alive = [waiting for waiting in state.codes if waiting.alive(now)]
            fitting = [waiting for waiting in alive if waiting.fits(code)]
            own = self._own is not None and self._own.fits(code)
            if not fitting and not own:
                return None
            paired = Paired(secrets.token_hex(4), digest(token), client, now)
            left = tuple(waiting for waiting in alive if waiting not in fitting)
            write(State(left, (*state.clients, paired)))
            if own:
                self._own = None
        return token

    def clients(self) -> tuple[Paired, ...]:
        return self._file.read().clients

    def revoke(self, identity: str) -> bool:
        """Let a client in no more; False where there is none of that id."""
        with self._file.change() as write:
            state = self._file.read()
            left = tuple(client for client in state.clients if client.id != identity)
            if len(left) == len(state.clients):
                return False
            write(replace(state, clients=left))
        return True


class Lockout:
    """Guessing codes: five wrong ones in a row close the door for a minute, each further one for twice as
    long.
    """

    def __init__(self, clock: Clock, allowed: int = 5, first: float = 60.0, longest: float = 3600.0) -> None:
        self._clock = clock
        self._allowed = allowed
        self._first = first
        self._longest = longest
        self._wrong = 0
        self._until = 0.0

    def remaining(self) -> float:
        """Seconds until the next try; 0 where one may be made now."""
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


def written(code: str) -> str:
    """A code as a person reads it: XXXX-XXXX."""
    return f"{code[:4]}-{code[4:]}"


def read_code(typed: str) -> str | None:
    """What a person meant: lower case, a missing dash, O for 0 and I or L for 1 are taken; None for what is
    no code.
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
