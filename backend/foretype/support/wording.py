"""Words for counts, and for the messages of libraries."""

from __future__ import annotations


def many(count: int, what: str) -> str:
    """“1 file”, “1,024 files”."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def first_line(error: Exception) -> str:
    """The message of a library's exception, as the end of a sentence."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".") + "."
