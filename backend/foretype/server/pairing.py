"""Pairing: a client exchanges a short code, which the user types once, for a token of its own. The token can
be revoked.

Codes and tokens are stored as hashes only, in one file that the server and `foretype pair` share. A code has
40 bits and could be guessed from a plain hash, so its hash is slow and salted, and the code is valid for ten
minutes.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from pathlib import Path

from foretype.server.guard import digest
from foretype.server.state_file import CODE_LIFETIME, Code, Paired, State, StateFile
from foretype.support.clock import Clock

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
CODE_CHARS = 8
_READ_AS = str.maketrans("ILO", "110")


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
        """A code that works once, with this object only, for `CODE_LIFETIME` seconds. It is in no file."""
        code = new_code()
        self._own = Code.of(code, self._clock() + CODE_LIFETIME)
        return formatted(code)

    def new_code(self, lifetime: float = CODE_LIFETIME) -> str:
        """A code that works once, in any process that shares the file, for `lifetime` seconds, at most
        `CODE_LIFETIME`.

        Raises `BadStateError`.
        """
        code = new_code()
        now = self._clock()
        with self._file.change() as write:
            state = self._file.read()
            valid = tuple(old for old in state.codes if old.is_valid(now))[-7:]
            write(replace(state, codes=(*valid, Code.of(code, now + lifetime))))
        return formatted(code)

    def redeem(self, typed: str, client: str) -> str | None:
        """A new token for a code, which cannot be used again. None if the code is wrong, used or expired.

        Raises `BadStateError`; then the code is not used.
        """
        code = read_code(typed)
        if code is None:
            return None
        token = secrets.token_urlsafe(32)
        now = self._clock()
        with self._file.change() as write:
            state = self._file.read()
            valid = [waiting for waiting in state.codes if waiting.is_valid(now)]
            matching = [waiting for waiting in valid if waiting.matches(code)]
            own = self._own is not None and self._own.is_valid(now) and self._own.matches(code)
            if not matching and not own:
                return None
            paired = Paired(secrets.token_hex(4), digest(token), client, now)
            left = tuple(waiting for waiting in valid if waiting not in matching)
            write(State(left, (*state.clients, paired)))
            if own:
                self._own = None
        return token

    def clients(self) -> tuple[Paired, ...]:
        """Raises `UnreadableStateError`."""
        return self._file.read().clients

    def last_known_clients(self) -> tuple[Paired, ...]:
        """The clients when the file could be read last."""
        good = self._file.last_good()
        return good.clients if good is not None else ()

    def check(self) -> None:
        """Raises `BadStateError` if a client could not pair now, or if paired clients cannot be looked up."""
        self._file.check()

    def revoke(self, identity: str) -> bool:
        """Revoke the token of a client. False if no client has this id. Raises `BadStateError`."""
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
