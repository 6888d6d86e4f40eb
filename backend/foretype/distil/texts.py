"""From a folder of texts to two token streams in memory-mapped files: one to train on, one to measure on.

The texts are tokenised once for a run. The names of the files decide which texts are held out for measuring,
so two runs on one folder measure on the same texts. A token stream holds one text after the other; each
starts with the tokeniser's begin token.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foretype.distil.errors import BadTextsError
from foretype.support.progress import ProgressStep

ENDINGS = (".txt", ".md")
HELD_OUT_SHARE = 0.05  # of all bytes
HELD_OUT_BYTES = 1_000_000  # at most, because a run has many evaluations
PIECE_CHARS = 1_000_000  # tokenised at once; longer texts are cut after line ends

SUMMARY = "texts.json"
TRAIN = "train.bin"
HELD_OUT = "held-out.bin"
ID_TYPE = np.dtype("<u4")

Ids = NDArray[np.uint32]
Encode = Callable[[str], list[int]]


class UnreadableTextError(Exception):
    """A file that cannot be read as a text. `reason` is a few words: “not UTF-8”, “Permission denied”."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class LeftOutFile:
    """A file that is not used. `file` is its path inside the folder."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class TextsSummary:
    """The content of the token files, kept beside them as JSON."""

    begin: int  # the id that every text starts with
    train_files: int
    held_out_files: int
    train_tokens: int
    held_out_tokens: int
    held_out_bytes: int  # of the held-out texts in UTF-8
    left_out: tuple[LeftOutFile, ...]


@dataclass(frozen=True, slots=True)
class TokenisedTexts:
    """Both token streams, each (tokens,) of uint32, mapped from its file."""

    summary: TextsSummary
    train: Ids
    held_out: Ids


def find_texts(folder: Path) -> list[Path]:
    """All text files in a folder and in the folders inside it, sorted by path. Hidden files and folders are
    ignored. Raises BadTextsError if there is no text file.
    """
    if folder.is_file():
        raise BadTextsError(f"{folder} is a file: name its folder.")
    if not folder.is_dir():
        raise BadTextsError(f"There is no folder {folder}: check its path.")
    files = [
        file
        for file in sorted(folder.rglob("*"))
        if file.suffix.lower() in ENDINGS
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
        and file.is_file()
    ]
    if not files:
        raise BadTextsError(f"{folder} holds no text: no file ends in {' or '.join(ENDINGS)}.")
    return files


def read_text(file: Path) -> str:
    """The text of a file, without a byte order mark. Raises UnreadableTextError."""
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableTextError("not UTF-8") from None
    except OSError as error:
        raise UnreadableTextError(error.strerror or type(error).__name__) from error


def write_tokens(folder: Path, encode: Encode, begin: int, target: Path, step: ProgressStep) -> TextsSummary:
    """Tokenise the texts of `folder` into `target`, an empty folder. `step` advances in bytes.

    Raises BadTextsError if there are not at least two texts: one to train on and one to measure on.
    """
    readable, left_out = _readable(folder, find_texts(folder))
    held_out = _held_out(folder, readable)
    training = [file for file in readable if file not in held_out]
    if not readable:
        raise BadTextsError(f"None of the texts in {folder} can be read{_first_of(left_out)}.")
    if not held_out or not training:
        raise BadTextsError(
            f"{folder} holds only one text that can be read{_first_of(left_out)}. Two are needed, one to "
            "train on and one to measure on: split it into several files."
        )
    writer = _Writer(encode, begin, step, sum(readable.values()))
    train_tokens, _ = writer.write(training, target / TRAIN, None)
    held_out_tokens, held_out_bytes = writer.write(held_out, target / HELD_OUT, HELD_OUT_BYTES)
    summary = TextsSummary(
        begin=begin,
        train_files=len(training),
        held_out_files=len(held_out),
        train_tokens=train_tokens,
        held_out_tokens=held_out_tokens,
        held_out_bytes=held_out_bytes,
        left_out=tuple(left_out),
    )
    (target / SUMMARY).write_text(json.dumps(asdict(summary), indent=2) + "\n", "utf-8")
    return summary


def open_tokens(folder: Path) -> TokenisedTexts:
    """The token files that `write_tokens` made. Raises BadTextsError if they are missing or incomplete."""
    try:
        values: dict[str, Any] = json.loads((folder / SUMMARY).read_text("utf-8"))
        left_out = tuple(LeftOutFile(**entry) for entry in values.pop("left_out"))
        summary = TextsSummary(**values, left_out=left_out)
        train = np.memmap(folder / TRAIN, ID_TYPE, "r")
        held_out = np.memmap(folder / HELD_OUT, ID_TYPE, "r")
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadTextsError(
            f"The tokens in {folder} cannot be read ({error}). Begin the run again with another folder in "
            "--out."
        ) from error
    if (len(train), len(held_out)) != (summary.train_tokens, summary.held_out_tokens):
        raise BadTextsError(
            f"The tokens in {folder} have changed since they were written. Begin the run again with another "
            "folder in --out."
        )
    return TokenisedTexts(summary, train, held_out)


def _readable(folder: Path, files: list[Path]) -> tuple[dict[Path, int], list[LeftOutFile]]:
    """The files that hold text, with their sizes in bytes, and the files that are left out."""
    readable: dict[Path, int] = {}
    left_out = []
    for file in files:
        name = file.relative_to(folder).as_posix()
        try:
            text = read_text(file)
        except UnreadableTextError as error:
            left_out.append(LeftOutFile(name, error.reason))
            continue
        if text.strip():
            readable[file] = file.stat().st_size
        else:
            left_out.append(LeftOutFile(name, "empty"))
    return readable, left_out


def _held_out(folder: Path, readable: dict[Path, int]) -> set[Path]:
    """The files to measure on, chosen by the hashes of their names until their share of the bytes is
    reached. At least one file is left to train on.
    """
    enough = min(HELD_OUT_BYTES, HELD_OUT_SHARE * sum(readable.values()))
    chosen: set[Path] = set()
    size = 0
    for file in sorted(readable, key=lambda file: _name_hash(folder, file))[: len(readable) - 1]:
        if size >= enough:
            break
        chosen.add(file)
        size += readable[file]
    return chosen


def _name_hash(folder: Path, file: Path) -> str:
    return hashlib.sha256(file.relative_to(folder).as_posix().encode("utf-8", "surrogateescape")).hexdigest()


class _Writer:
    def __init__(self, encode: Encode, begin: int, step: ProgressStep, total: int) -> None:
        self._encode = encode
        self._begin = begin
        self._step = step
        self._total = total
        self._done = 0

    def write(self, files: list[Path] | set[Path], target: Path, max_bytes: int | None) -> tuple[int, int]:
        """Write the tokens of the files, for about `max_bytes` of text at most. Returns the number of tokens
        and the bytes of their text.
        """
        tokens = text_bytes = 0
        with target.open("wb") as out:
            for file in sorted(files):
                ids = [self._begin]
                for piece in _pieces(read_text(file)):
                    if max_bytes is not None and text_bytes >= max_bytes:
                        break
                    ids.extend(self._encode(piece))
                    text_bytes += len(piece.encode())
                out.write(np.array(ids, ID_TYPE).tobytes())
                tokens += len(ids)
                self._done += file.stat().st_size
                self._step.advance(self._done, self._total)
        return tokens, text_bytes


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces of at most `PIECE_CHARS`, each cut after its last line end if it has one."""
    start = 0
    while start < len(text):
        end = start + PIECE_CHARS
        if end < len(text):
            end = text.rfind("\n", start, end) + 1 or end
        yield text[start:end]
        start = end


def _first_of(left_out: list[LeftOutFile]) -> str:
    """“ (left out: a.txt: not UTF-8, and 2 more)”, or "" if no file was left out."""
    if not left_out:
        return ""
    more = f", and {len(left_out) - 1} more" if len(left_out) > 1 else ""
    return f" (left out: {left_out[0].file}: {left_out[0].reason}{more})"
