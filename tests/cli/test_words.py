"""`foretype words`: what it prints, and its exit codes."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from foretype.cli import app
from foretype.cli.words import LONGEST_IMPORT_MB
from foretype.server.pairing import Pairing
from foretype.words.field_text import Taken
from foretype.words.pieces import cut, runs_of
from foretype.words.sqlite_file import FILE
from foretype.words.store import WordStore

MOST_RUNS = 1_000_000
"""The largest `FORETYPE_OWN_WORDS_MOST`."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


def words(*given: str, folder: Path, typed: str | None = None) -> Result:
    arguments = ["words", *given, "--state-dir", str(folder)]
    return CliRunner().invoke(app, arguments, input=typed, env={"COLUMNS": "250"})


def learnt(folder: Path, person: str = "0a1b2c3d") -> WordStore:
    store = WordStore(folder, 1000)
    for _ in range(3):
        pieces = [one.piece for one in cut("please call Quillfeather")]
        store.learn(person, Taken(Counter(runs_of(pieces))), lambda word: True)
    return store


def test_words_are_shown_and_found(folder: Path) -> None:
    learnt(folder)
    shown = words("show", folder=folder)
    assert shown.exit_code == 0
    assert "     3  Quillfeather\n" in shown.stdout
    assert words("search", "QUILL", folder=folder).stdout.count("\n") == 2  # the word and the phrase
    assert "No word that is in the list contains this.\n" in words("search", "nothing", folder=folder).stdout
    assert "… and 3 more" in words("show", "--limit", "1", folder=folder).stdout


def test_words_are_added_and_removed(folder: Path) -> None:
    learnt(folder)
    assert words("add", "Ada Lovelace", "Zephyr", folder=folder).stdout == "2 added.\n"
    assert "     0  Zephyr  (by hand)\n" in words("show", folder=folder).stdout
    assert words("remove", "Zephyr", folder=folder).stdout == "1 removed.\n"
    missing = words("remove", "Zephyr", folder=folder)
    assert missing.exit_code == 1
    assert "foretype words search" in missing.stderr


def test_what_is_kept_but_not_listed_yet_is_not_hidden(folder: Path) -> None:
    """Runs of ordinary words are in the file, and change suggestions, from the first time on."""
    pieces = [one.piece for one in cut("we met in secret")]
    WordStore(folder, 1000).learn("ada", Taken(Counter(runs_of(pieces))), lambda word: True)
    assert "words export" in words("show", folder=folder).stdout
    assert "secret" in words("export", folder=folder).stdout
    removed = words("remove", "secret", folder=folder)
    assert removed.exit_code == 0
    assert "Their counts are forgotten" in removed.stdout
    assert "secret" not in words("export", folder=folder).stdout


def test_what_cannot_be_added_is_said(folder: Path) -> None:
    learnt(folder)
    added = words("add", "x" * 65, "Zephyr", "", folder=folder)
    assert (added.stdout, added.exit_code) == ("1 added.\n", 1)
    assert "2 could not be added" in added.stderr
    assert words("add", "Zephyr", folder=folder).stdout == "0 added.\n"  # it is there already


def test_a_word_is_found_however_its_accents_are_encoded(folder: Path) -> None:
    learnt(folder)
    decomposed = unicodedata.normalize("NFD", "Zéphyr")
    assert words("add", decomposed, folder=folder).exit_code == 0
    assert words("remove", decomposed, folder=folder).stdout == "1 removed.\n"


@pytest.mark.parametrize("command", [("export",), ("forget", "--yes")])
def test_a_person_without_words_is_no_success(folder: Path, command: tuple[str, ...]) -> None:
    learnt(folder)
    nothing = words(*command, "--person", "fixed", folder=folder)
    assert (nothing.stdout, nothing.exit_code) == ("", 1)
    assert "0a1b2c3d" in nothing.stderr


def test_a_file_without_end_is_not_read_to_the_end(folder: Path) -> None:
    endless = words("import", "/dev/zero", "--person", "fixed", folder=folder)
    assert endless.exit_code == 2
    assert "`foretype words export`" in endless.stderr


def test_the_longest_export_is_not_too_long_for_an_import(folder: Path) -> None:
    """Nothing can cut an export into parts."""
    learnt(folder)
    exported = words("export", folder=folder).stdout
    bytes_of_a_run = len(exported.encode()) / len(json.loads(exported)["runs"])
    assert MOST_RUNS * bytes_of_a_run < LONGEST_IMPORT_MB * 1_000_000


def test_an_export_can_be_imported_for_another_person(folder: Path, tmp_path: Path) -> None:
    store = learnt(folder)
    exported = words("export", folder=folder).stdout
    assert json.loads(exported)["format"] == "foretype-words"
    file = tmp_path / "words.json"
    file.write_text(exported, "utf-8")
    done = words("import", str(file), "--person", "fixed", folder=folder)
    assert done.stdout == "Imported. There are 4 words and phrases now.\n"
    assert store.words("fixed") == store.words("0a1b2c3d")
    assert (
        words("import", "-", "--person", "signed 0123456789abcdef", folder=folder, typed=exported).exit_code
        == 0
    )


@pytest.mark.parametrize("content", ["", "[]", "{}", "not json"])
def test_what_is_no_export_is_refused(folder: Path, tmp_path: Path, content: str) -> None:
    file = tmp_path / "words.json"
    file.write_text(content)
    assert words("import", str(file), "--person", "fixed", folder=folder).exit_code == 2
    assert words("import", str(tmp_path / "missing"), folder=folder).exit_code == 2


def test_forget_asks_first_and_then_leaves_nothing_in_the_file(folder: Path) -> None:
    learnt(folder)
    assert words("forget", folder=folder, typed="n\n").exit_code == 1
    assert b"Quillfeather" in (folder / FILE).read_bytes()
    assert words("forget", "--yes", folder=folder).stdout == "All words are forgotten.\n"
    assert b"Quillfeather" not in (folder / FILE).read_bytes()
    assert b"0a1b2c3d" not in (folder / FILE).read_bytes()
    assert words("show", folder=folder).stdout == "No words were learnt.\n"


def test_with_several_persons_one_is_named(folder: Path) -> None:
    learnt(folder)
    learnt(folder, "fixed")
    asked = words("show", folder=folder)
    assert asked.exit_code == 2
    assert "0a1b2c3d, fixed" in asked.stderr
    assert words("show", "--person", "fixed", folder=folder).exit_code == 0


def test_a_damaged_file_gives_a_sentence(folder: Path) -> None:
    folder.mkdir()
    (folder / FILE).write_bytes(b"no database " * 500)
    damaged = words("show", folder=folder)
    assert damaged.exit_code == 1
    assert "delete it" in damaged.stderr


@pytest.mark.parametrize(
    "command", [("show",), ("add", "Ada"), ("remove", "Ada"), ("export",), ("forget", "--yes")]
)
def test_a_person_whom_nobody_knows_is_an_error_that_says_what_to_do(
    folder: Path, command: tuple[str, ...]
) -> None:
    store = learnt(folder)
    for unknown in ("nobody", "signed nobody"):
        done = words(*command, "--person", unknown, folder=folder)
        assert done.exit_code == 2
        assert f"No person has the id {unknown} in {folder}. Persons with words: 0a1b2c3d." in done.stderr
        assert "foretype pair --list" in done.stderr
    assert store.persons() == ["0a1b2c3d"]


@pytest.mark.parametrize("person", ["fixed", "signed 0123456789abcdef"])
def test_a_person_without_words_may_be_named(folder: Path, person: str) -> None:
    learnt(folder)
    assert words("show", "--person", person, folder=folder).stdout == "No words were learnt.\n"
    assert words("add", "Ada", "--person", person, folder=folder).stdout == "1 added.\n"


def test_a_paired_client_without_words_may_be_named(folder: Path) -> None:
    learnt(folder)
    pairing = Pairing(folder)
    assert pairing.redeem(pairing.new_code(), "a browser") is not None
    (client,) = pairing.clients()
    assert words("show", "--person", client.id, folder=folder).stdout == "No words were learnt.\n"
