"""From a folder of texts to two token streams."""

from __future__ import annotations

from pathlib import Path

import pytest

from foretype.distil import texts as module
from foretype.distil.errors import BadTextsError
from foretype.distil.texts import find_texts, open_tokens, write_tokens
from foretype.support.progress import SILENT

BEGIN = 0


def encode(text: str) -> list[int]:
    """Every byte is a token: its value and one more."""
    return [byte + 1 for byte in text.encode()]


def decode(ids: object) -> list[str]:
    """The texts in a stream."""
    content = bytes(int(token) - 1 if token != BEGIN else 0 for token in ids)  # type: ignore[attr-defined]
    return content.decode().split("\0")[1:]


def tokens(folder: Path, target: Path) -> module.TokenisedTexts:
    target.mkdir()
    with SILENT.step("tokenise") as step:
        write_tokens(folder, encode, BEGIN, target, step)
    return open_tokens(target)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(20):
        (folder / f"{number}.txt").write_text(f"Text {number}, größer.\n", "utf-8")
    return folder


def test_every_text_is_in_one_of_the_streams_whole(folder: Path, tmp_path: Path) -> None:
    found = tokens(folder, tmp_path / "tokens")
    train, held_out = decode(found.train), decode(found.held_out)
    assert sorted([*train, *held_out]) == sorted(f"Text {number}, größer.\n" for number in range(20))
    assert held_out
    assert (found.summary.train_files, found.summary.held_out_files) == (len(train), len(held_out))
    assert found.summary.held_out_bytes == len("".join(held_out).encode())


def test_only_the_names_of_the_files_decide_which_texts_are_held_out(folder: Path, tmp_path: Path) -> None:
    first = decode(tokens(folder, tmp_path / "first").held_out)
    moved = folder.rename(tmp_path / "elsewhere")
    assert decode(tokens(moved, tmp_path / "second").held_out) == first


def test_texts_in_folders_count_and_hidden_or_other_files_do_not(folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "more" / "note.MD").write_text("A note.")
    (folder / ".git").mkdir()
    (folder / ".git" / "log.txt").write_text("Hidden.")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    found = [file.relative_to(folder).as_posix() for file in find_texts(folder)]
    assert "more/note.MD" in found
    assert len(found) == 21


def test_a_file_that_is_not_utf8_or_is_empty_is_left_out_with_the_reason(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "latin.txt").write_bytes("größer".encode("latin-1"))
    (folder / "nothing.txt").write_text(" \n")
    left = tokens(folder, tmp_path / "tokens").summary.left_out
    assert [(entry.file, entry.reason) for entry in left] == [
        ("latin.txt", "not UTF-8"),
        ("nothing.txt", "empty"),
    ]


def test_a_file_without_read_permission_is_left_out(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Path.read_bytes

    def refusing(file: Path) -> bytes:
        if file.name == "3.txt":
            raise PermissionError(13, "Permission denied")
        return read(file)

    monkeypatch.setattr(Path, "read_bytes", refusing)
    (left,) = tokens(folder, tmp_path / "tokens").summary.left_out
    assert (left.file, left.reason) == ("3.txt", "Permission denied")


def test_a_long_text_is_cut_at_line_ends_and_loses_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PIECE_CHARS", 7)
    long = "one\ntwo\nthree and a long line without an end\r\nfour"
    (folder / "long.txt").write_bytes(long.encode())
    found = tokens(folder, tmp_path / "tokens")
    assert long in [*decode(found.train), *decode(found.held_out)]


def test_the_bytes_that_are_held_out_are_limited(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HELD_OUT_BYTES", 30)
    monkeypatch.setattr(module, "PIECE_CHARS", 10)
    for file in folder.iterdir():
        file.write_text("x" * 1000)
    assert tokens(folder, tmp_path / "tokens").summary.held_out_bytes == 30


def test_a_folder_that_gives_nothing_is_refused_with_the_reason(folder: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    with pytest.raises(BadTextsError, match=r"There is no folder .*empty"):
        find_texts(empty)
    empty.mkdir()
    with pytest.raises(BadTextsError, match=r"no file ends in \.txt or \.md"):
        find_texts(empty)
    (empty / "a.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(BadTextsError, match=r"None of the texts .* \(left out: a\.txt: not UTF-8\)"):
        tokens(empty, tmp_path / "none")
    (empty / "b.txt").write_text("One text.")
    with pytest.raises(BadTextsError, match="Two are needed, one to train on and one to measure on"):
        tokens(empty, tmp_path / "one")


def test_token_files_that_were_cut_are_refused(folder: Path, tmp_path: Path) -> None:
    tokens(folder, tmp_path / "tokens")
    file = tmp_path / "tokens" / module.TRAIN
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(BadTextsError, match="have changed since they were written"):
        open_tokens(tmp_path / "tokens")
    (tmp_path / "tokens" / module.SUMMARY).unlink()
    with pytest.raises(BadTextsError, match="cannot be read"):
        open_tokens(tmp_path / "tokens")
