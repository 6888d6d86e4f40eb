"""What is typed: the first characters of text files, those that a plain keyboard can type."""

from __future__ import annotations

import re
from pathlib import Path

SHORTEST = 150  # characters; a shorter text says little


class NoTextsError(Exception):
    """A folder holds nothing to type."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"no ASCII text of more than {SHORTEST} characters in {folder}/*.txt")
        self.folder = folder


def read_texts(folder: Path, *, mails: int | None = None, chars: int = 450) -> list[str]:
    """The first `mails` fitting texts of a folder, in the order of their names, each cut to `chars`.

    Raises `NoTextsError`.
    """
    texts: list[str] = []
    for file in sorted(folder.glob("*.txt")):
        if mails is not None and len(texts) == mails:
            break
        text = typable(file.read_text("utf-8", errors="replace"))[:chars]
        if text.isascii() and len(text) > SHORTEST:
            texts.append(text)
    if not texts:
        raise NoTextsError(folder)
    return texts


def typable(text: str) -> str:
    """Runs of spaces become one, as people type them; what follows a subject mark is no part of the mail."""
    return re.sub(r" {2,}", " ", text.split("@subject")[0]).strip()
