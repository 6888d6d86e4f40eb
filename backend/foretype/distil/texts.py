"""From a folder of texts to tokens in memory-mapped files, some of the texts held out to measure on.

Tokenised once for a run. Which files are held out follows from their names alone, so two runs on one folder
measure on the same texts. A token stream is text after text, each begun with the tokeniser's begin token.
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
HELD_OUT_BYTES = 1_000_000  # at most: evaluations are many
PIECE_CHARS = 1_000_000  # tokenised at once; longer texts are cut at line ends

ABOUT = "texts.json"
TRAIN = "train.bin"
HELD_OUT = "held-out.bin"
ID_TYPE = np.dtype("<u4")

Ids = NDArray[np.uint32]
Encode = Callable[[str], list[int]]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that could not be read, by its path inside the folder, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class About:
    """What the token files hold."""

    begin: int  # the id that every text starts with
    train_files: int
    held_out_files: int
    train_tokens: int
    held_out_tokens: int
    held_out_bytes: int  # of UTF-8 that the held-out tokens stand for
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """Both token streams, mapped from their files: (tokens,) of uint32."""

    about: About
    train: Ids
    held_out: Ids


def find_texts(folder: Path) -> list[Path]:
    """All text files in a folder and the folders in it, in the order of their names; hidden ones are passed
    over. Raises BadTextsError.
    """
    if folder.is_file():
        raise BadTextsError(f"{folder} is a file: name the folder that it lies in.")
    if not folder.is_dir():
        raise BadTextsError(f"There is no folder {folder}.")
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


def write_tokens(folder: Path, encode: Encode, begin: int, target: Path, step: ProgressStep) -> About:
    """Tokenise the texts of `folder` into `target`, which exists and is empty. `step` is told of bytes.

    Raises BadTextsError where there is not one text to train on and another to measure on.
    """
    readable, left_out = _readable(folder, find_texts(folder))
    held_out = _held_out(folder, readable)
    training = [file for file in readable if file not in held_out]
    if not held_out or not training:
        raise BadTextsError(
            f"{folder} holds {len(readable)} text that can be read{_but(left_out)}. Two are needed, one to "
            "train on and one to measure on: split it into several files."
            if readable
            else f"None of the texts in {folder} can be read{_but(left_out)}."
        )
    writer = _Writer(encode, begin, step, sum(readable.values()))
    train_tokens, _ = writer.write(training, target / TRAIN, None)
    held_out_tokens, held_out_bytes = writer.write(held_out, target / HELD_OUT, HELD_OUT_BYTES)
    about = About(
        begin=begin,
        train_files=len(training),
        held_out_files=len(held_out),
        train_tokens=train_tokens,
        held_out_tokens=held_out_tokens,
        held_out_bytes=held_out_bytes,
        left_out=tuple(left_out),
    )
    (target / ABOUT).write_text(json.dumps(asdict(about), indent=2) + "\n", "utf-8")
    return about


def open_tokens(folder: Path) -> Texts:
    """The token files that `write_tokens` made. Raises BadTextsError where they are not whole."""
    try:
        kept: dict[str, Any] = json.loads((folder / ABOUT).read_text("utf-8"))
        left_out = tuple(LeftOut(**entry) for entry in kept.pop("left_out"))
        about = About(**kept, left_out=left_out)
        train = np.memmap(folder / TRAIN, ID_TYPE, "r")
        held_out = np.memmap(folder / HELD_OUT, ID_TYPE, "r")
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadTextsError(
            f"The tokens in {folder} cannot be read ({error}). Remove that folder's parent to begin the run "
            "again."
        ) from error
    if (len(train), len(held_out)) != (about.train_tokens, about.held_out_tokens):
        raise BadTextsError(f"The tokens in {folder} are not those that were written. Begin the run again.")
    return Texts(about, train, held_out)


def _readable(folder: Path, files: list[Path]) -> tuple[dict[Path, int], list[LeftOut]]:
    """The files that hold text, with their bytes, and those that cannot be read as such."""
    readable: dict[Path, int] = {}
    left_out = []
    for file in files:
        name = file.relative_to(folder).as_posix()
        try:
            content = file.read_bytes()
            content.decode("utf-8")
        except UnicodeDecodeError:
            left_out.append(LeftOut(name, "not UTF-8"))
        except OSError as error:
            left_out.append(LeftOut(name, error.strerror or type(error).__name__))
        else:
            if content.strip():
                readable[file] = len(content)
            else:
                left_out.append(LeftOut(name, "empty"))
    return readable, left_out


def _held_out(folder: Path, readable: dict[Path, int]) -> set[Path]:
    """The files to measure on: by their names' hashes, until their share is reached; never all of them."""
    enough = min(HELD_OUT_BYTES, HELD_OUT_SHARE * sum(readable.values()))
    chosen: set[Path] = set()
    taken = 0
    for file in sorted(readable, key=lambda file: _name_hash(folder, file))[: len(readable) - 1]:
        if taken >= enough:
            break
        chosen.add(file)
        taken += readable[file]
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

    def write(self, files: list[Path] | set[Path], target: Path, most_bytes: int | None) -> tuple[int, int]:
        """Tokens written, and the bytes they stand for; no more than about `most_bytes` of text."""
        tokens = text_bytes = 0
        with target.open("wb") as out:
            for file in sorted(files):
                text = file.read_bytes().decode("utf-8-sig")
                ids = [self._begin]
                for piece in _pieces(text):
                    if most_bytes is not None and text_bytes >= most_bytes:
                        break
                    ids.extend(self._encode(piece))
                    text_bytes += len(piece.encode())
                out.write(np.array(ids, ID_TYPE).tobytes())
                tokens += len(ids)
                self._done += file.stat().st_size
                self._step.advance(self._done, self._total)
        return tokens, text_bytes


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces that a tokeniser takes at once, cut after line ends where there are any."""
    start = 0
    while start < len(text):
        end = start + PIECE_CHARS
        if end < len(text):
            end = text.rfind("\n", start, end) + 1 or end
        yield text[start:end]
        start = end


def _but(left_out: list[LeftOut]) -> str:
    """“ (left out: a.txt: not UTF-8, and 2 more)”; nothing where nothing was."""
    if not left_out:
        return ""
    more = f", and {len(left_out) - 1} more" if len(left_out) > 1 else ""
    return f" (left out: {left_out[0].file}: {left_out[0].reason}{more})"
