"""The texts that are typed: the first characters of text files that contain only ASCII."""

from __future__ import annotations

import re
from dataclasses import dataclass
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


class NoFileOfTextError(MeasurementError):
    """A text has no file with its subject, with the mail that it answers, or with its label."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file.parent} has no {file.name}. The folders of --subjects, --answered and --labels need a "
            "file for each text, with the same name."
        )
        self.file = file


@dataclass(frozen=True, slots=True)
class Mail:
    """answered: the mail that it answers. label: of its field. None if it is not to be sent."""

    text: str
    subject: str | None = None
    answered: str | None = None
    label: str | None = None


def read_texts(folder: Path, *, mails: int | None = None, chars: int = 450) -> list[str]:
    """The texts of `read_mails`."""
    return [mail.text for mail in read_mails(folder, mails=mails, chars=chars)]


def read_mails(
    folder: Path,
    subjects: Path | None = None,
    answered: Path | None = None,
    labels: Path | None = None,
    *,
    mails: int | None = None,
    chars: int = 450,
) -> list[Mail]:
    """The first `mails` suitable texts of a folder, in the order of their names, each cut to `chars`.

    `subjects` has the subject of each text, in a file of the same name, `answered` the mail that it
    answers, and `labels` the label of its field.

    Raises `NoTextsError`, `NoFileOfTextError`.
    """
    texts: list[Mail] = []
    for file in sorted(folder.glob("*.txt")):
        if mails is not None and len(texts) == mails:
            break
        text = typable(file.read_text("utf-8", errors="replace"))[:chars]
        if text.isascii() and len(text) > SHORTEST:
            texts.append(Mail(text, _of(file, subjects), _of(file, answered), _of(file, labels)))
    if not texts:
        raise NoTextsError(folder)
    return texts


def _of(text: Path, folder: Path | None) -> str | None:
    """What `folder` has for the text in this file. Raises `NoFileOfTextError`."""
    if folder is None:
        return None
    file = folder / text.name
    if not file.is_file():
        raise NoFileOfTextError(file)
    return file.read_text("utf-8", errors="replace").strip()


def typable(text: str) -> str:
    """Several spaces become one, as people type. A subject mark ends the mail."""
    return re.sub(r" {2,}", " ", text.split("@subject")[0]).strip()
