"""Runs a program of the system, such as systemctl."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from foretype.supervise.supervisor import CannotSuperviseError

SECONDS = 60


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    output: str
    errors: str = ""


Run = Callable[[Sequence[str]], Ended]


def run(words: Sequence[str]) -> Ended:
    """Raises `CannotSuperviseError` if the program is missing or does not end."""
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False
        )
    except OSError as error:
        raise CannotSuperviseError(f"{words[0]} cannot be started: {error.strerror}.") from None
    except subprocess.TimeoutExpired:
        raise CannotSuperviseError(f"{words[0]} has not answered for {SECONDS} s: try again.") from None
    return Ended(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def must(run: Run, words: Sequence[str]) -> Ended:
    """Run a program that must succeed. Raises `CannotSuperviseError` with its last line of output."""
    ended = run(words)
    if ended.code != 0:
        lines = (ended.errors.strip() or ended.output.strip() or "no message").splitlines()
        raise CannotSuperviseError(f"`{' '.join(words)}` failed with code {ended.code}: {lines[-1]}")
    return ended
