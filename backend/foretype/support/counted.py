"""How many of something, as a person would say it."""

from __future__ import annotations


def many(count: int, what: str) -> str:
    """“1 file”, “1,024 files”."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
