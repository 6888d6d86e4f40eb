"""Standard output and error as a shell may give them: closed, full, or for ASCII only."""

from __future__ import annotations

import codecs
import os
import sys
from contextlib import suppress
from typing import Any, TextIO

PLAIN = {
    "…": "...", "→": "->", "←": "<-", "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "−": "-",
    "•": "*", "✓": "+", "×": "x", "µ": "u", "·": "-", "≤": "<=", "≥": ">=", "\u00a0": " ",
}  # fmt: skip
"""ASCII text for characters that Foretype prints, for terminals that cannot show them."""
_HANDLER = "foretype-plain"


def make_usable() -> None:
    """Call this before a command runs.

    A stream that was closed goes to the null device: otherwise the next file or connection that is opened
    would get its number, and the output of libraries would go there. After this call, no character makes
    printing fail.
    """
    codecs.register_error(_HANDLER, _plain)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if _is_closed(number):
            _to_null(number)
        if getattr(sys, name) is None:
            opened = os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False)
            setattr(sys, name, opened)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_HANDLER)


def give_up_lost() -> list[OSError]:
    """The errors of writing to standard output and standard error; empty if both can be written. Writes an
    empty line to each to find out.

    Such a stream goes to the null device, because Python writes the rest of its buffer at exit.
    """
    why: list[OSError] = []
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            stream.flush()
            os.write(number, b"\n")
        except OSError as error:
            why.append(error)
            _to_null(number)
    return why


class Unbreakable:
    """A stream for text that may be lost. If it is closed or full, writing to it raises no error."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            return self._stream.write(text)
        return 0

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def print_line(line: str, stream: TextIO) -> None:
    """Print a line that is not the command's result. If it cannot be written, no error is raised."""
    with suppress(OSError, ValueError):
        stream.write(f"{line}\n")
        stream.flush()


def _is_closed(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return True
    return False


def _to_null(number: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    if null == number:  # the lowest free number, if this stream was closed
        os.set_inheritable(number, True)
        return
    os.dup2(null, number)
    os.close(null)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(PLAIN.get(char, "?") for char in error.object[error.start : error.end]), error.end
