"""The texts that are typed: the first characters of text files that contain only ASCII."""

from __future__ import annotations

import re
from pathlib import Path

from latency.errors import MeasurementError

SHORTEST = 150  # characters; shorter texts are skipped


class NoTextsError(MeasurementError):
    """A folder has no text that can be typed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"There is no ASCII text of more than {SHORTEST} characters in {folder}/*.txt. "
            "Name another folder with --texts."
        )
        self.folder = folder


def read_texts(folder: Path, *, mails: int | None = None, chars: int = 450) -> list[str]:
    """The first `mails` suitable texts of a folder, in the order of their names, each cut to `chars`.

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
    """Several spaces become one, as people type. A subject mark ends the mail."""
    return re.sub(r" {2,}", " ", text.split("@subject")[0]).strip()
