"""Paragraphs of prose in several languages, from the documentation in Debian's packages. The texts stay in
`latency/out`: they are only measured with.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from random import Random

from latency.errors import MeasurementError
from latency.paths import OUT

ENGLISH = "en"
SHORTEST = 200  # characters
LEAST_SENTENCES = 2
PROSE = 0.97  # the share of letters, spaces and the marks of prose
_MARKS = frozenset(" .,;:!?'’-–")
_OTHER = re.compile(r"[/@_<>=\\{}|#*]")
_SENTENCE_END = re.compile(r"[.!?](?= |$)")
_TECHNICAL = {"code", "cmd", "input", "output", "file", "pre", "tt", "keyseq", "key", "sys", "var"}
_ENGLISH_WORD = re.compile(r"\b(?:the|and|with|that|you|this|are|but|which|also)\b")
ENGLISH_WORDS = 2  # a paragraph with so many is not translated
_SEED = 20


@dataclass(frozen=True, slots=True)
class Manual:
    """A Debian package with the same text in several languages.

    files: a pattern of its files, with `{}` for the language's name in `folders`. tag, css: the element of a
    paragraph, and its class.
    """

    package: str
    files: str
    folders: Mapping[str, str]
    tag: str
    css: str | None = None


MANUALS = {
    "handbook": Manual(
        "debian-handbook",
        "usr/share/doc/debian-handbook/html/{}/*.html",
        {
            ENGLISH: "en-US", "de": "de-DE", "fr": "fr-FR", "es": "es-ES", "it": "it-IT", "pt": "pt-BR",
            "nl": "nl-NL", "sv": "sv-SE", "pl": "pl-PL", "cs": "cs-CZ", "tr": "tr-TR",
        },
        "div",
        "para",
    ),
    "help": Manual(
        "gnome-user-docs",
        "usr/share/help/{}/gnome-help/*.page",
        {
            ENGLISH: "C", "de": "de", "fr": "fr", "es": "es", "it": "it", "pt": "pt_BR", "nl": "nl",
            "sv": "sv", "da": "da", "pl": "pl", "cs": "cs", "fi": "fi", "hu": "hu", "ro": "ro", "ca": "ca",
            "id": "id", "hr": "hr", "lt": "lt", "vi": "vi",
        },
        "p",
    ),
}  # fmt: skip
"""The Debian Administrator's Handbook, and the help of the GNOME desktop."""


class TextsUnavailableError(MeasurementError):
    """There are no texts in a language."""


def read_paragraphs(manual: Manual, language: str, *, skip: int, count: int, chars: int) -> list[str]:
    """`count` paragraphs in a fixed random order, after the first `skip`, each cut to `chars`. Fetches the
    package the first time. Raises `TextsUnavailableError`.
    """
    if language not in manual.folders:
        known = ", ".join(manual.folders)
        raise TextsUnavailableError(f"{manual.package} has no texts in {language}, only in: {known}.")
    root = _fetched(manual.package)
    found = _prose(manual, root, language)
    if language != ENGLISH:  # what nobody has translated yet stands there in English
        found = {one for one in found if len(_ENGLISH_WORD.findall(one)) < ENGLISH_WORDS}
    return _some(found, f"{manual.package} in {language}", skip=skip, count=count, chars=chars)


def read_folder(folder: Path, language: str, *, skip: int, count: int, chars: int) -> list[str]:
    """The same from FOLDER/LANGUAGE/*.txt, whose paragraphs are divided by empty lines."""
    files = sorted((folder / language).glob("*.txt"))
    texts = [file.read_text("utf-8", errors="replace") for file in files]
    paragraphs = {" ".join(part.split()) for text in texts for part in re.split(r"\n\s*\n", text)}
    found = set(filter(is_prose, paragraphs))
    return _some(found, str(folder / language), skip=skip, count=count, chars=chars)


def _some(found: set[str], where: str, *, skip: int, count: int, chars: int) -> list[str]:
    ordered = sorted(found)
    Random(_SEED).shuffle(ordered)
    some = ordered[skip : skip + count]
    if len(some) < count:
        raise TextsUnavailableError(
            f"{where} has {len(found)} paragraphs of prose, and {skip + count} are needed. Lower "
            "--paragraphs or --skip."
        )
    return [text[:chars] for text in some]


def is_prose(paragraph: str) -> bool:
    """Whether it reads like a part of a mail or an explanation: whole sentences, no commands, no lists."""
    ends = len(_SENTENCE_END.findall(paragraph))
    if len(paragraph) < SHORTEST or ends < LEAST_SENTENCES or _OTHER.search(paragraph):
        return False
    if not paragraph[0].isupper() or paragraph[-1] not in ".!?":
        return False
    plain = sum(letter.isalpha() or letter in _MARKS for letter in paragraph)
    return plain >= PROSE * len(paragraph)


def _prose(manual: Manual, root: Path, language: str) -> set[str]:
    found: set[str] = set()
    for file in sorted(root.glob(manual.files.format(manual.folders[language]))):
        reader = _Paragraphs(manual.tag, manual.css)
        reader.feed(file.read_text("utf-8", errors="replace"))
        found |= set(filter(is_prose, reader.found))
    return found


class _Paragraphs(HTMLParser):
    """Collects the paragraphs that consist of running text: no commands, no other paragraphs, and no links
    whose text is filled in by a viewer.
    """

    def __init__(self, tag: str, css: str | None) -> None:
        super().__init__()
        self.found: list[str] = []
        self._tag, self._css = tag, css
        self._text: list[str] | None = None  # of the paragraph that is open
        self._is_plain = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == self._tag:
            opens = self._css is None or dict(attrs).get("class") == self._css
            self._is_plain = self._text is None
            self._text = [] if opens else None
        elif tag in _TECHNICAL:
            self._is_plain = False

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_plain = False

    def handle_endtag(self, tag: str) -> None:
        if tag == self._tag and self._text is not None:
            if self._is_plain:
                self.found.append(" ".join("".join(self._text).split()))
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)


def _fetched(package: str) -> Path:
    """The folder with the package's files. Downloads it as `apt-get` is set up to, without installing it."""
    folder = OUT / "languages" / package
    if folder.is_dir():
        return folder
    part = folder.with_name(f"{package}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        subprocess.run(["apt-get", "download", package], cwd=part, check=True, capture_output=True)
        (archive,) = part.glob("*.deb")
        subprocess.run(["dpkg", "-x", archive, part], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        raise TextsUnavailableError(
            f"The Debian package {package} could not be downloaded ({error}). Run apt-get update, or name a "
            "folder with --texts."
        ) from error
    archive.unlink()
    part.rename(folder)
    return folder
