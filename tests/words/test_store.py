from __future__ import annotations

import contextlib
import errno
import functools
import os
import random
import sqlite3
import stat
import threading
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from foretype.words import sqlite_file
from foretype.words import store as store_module
from foretype.words.errors import BadImportError, WordsFileError
from foretype.words.field_text import FieldText, Taken
from foretype.words.pieces import cut, runs_of
from foretype.words.sqlite_file import FILE, SCHEMA
from foretype.words.store import DAY_S, FORGOTTEN_DAYS, State, WordStore

ORDINARY = set("the word is please let me know if you have any a b we met in good day".split())  # noqa: SIM905


def runs(text: str) -> Taken:
    return Taken(Counter(runs_of([one.piece for one in cut(text)])))


def known(word: str) -> bool:
    return word.lower() in ORDINARY


class Clock:
    now = 20_000.0 * DAY_S

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> WordStore:
    return WordStore(tmp_path / "state", 1000, clock)


def learn(store: WordStore, text: str, times: int = 1, person: str = "ada") -> None:
    for _ in range(times):
        store.learn(person, runs(text), known)


def shown(store: WordStore, person: str = "ada") -> dict[str, int]:
    return {word.text: word.seen for word in store.words(person)}


def test_a_word_is_shown_from_its_third_sighting_on(store: WordStore) -> None:
    learn(store, "we met Quillfeather", 2)
    assert shown(store) == {}
    learn(store, "we met Quillfeather")
    assert shown(store) == {"Quillfeather": 3, "we": 3, "met": 3}


def test_of_an_unknown_word_the_file_has_no_letter_before_that(store: WordStore) -> None:
    learn(store, "the word is Quillfeather", 2)
    assert b"Quillfeather" not in store.path.read_bytes()
    assert b"word" in store.path.read_bytes()
    learn(store, "the word is Quillfeather")
    assert b"Quillfeather" in store.path.read_bytes()


def test_a_word_counts_once_for_each_text(store: WordStore) -> None:
    learn(store, "Quillfeather Quillfeather Quillfeather Quillfeather")
    assert shown(store) == {}


def test_a_word_counts_once_for_each_field_however_often_the_field_is_learnt(store: WordStore) -> None:
    field, text = FieldText("", "", 2000), ""
    for _ in range(4):
        for word in ("we ", "met ", "Quillfeather ", "in "):
            text += word
            field.now(text, "")
        store.learn("ada", field.take(is_over=False), known)
    assert "Quillfeather" not in shown(store)
    learn(store, "we met Quillfeather", times=2)
    assert shown(store)["Quillfeather"] == 3


def test_phrases_are_shown(store: WordStore) -> None:
    learn(store, "please let me know", 3)
    assert shown(store)["please let me know"] == 3


def test_only_its_owner_may_read_the_file(store: WordStore) -> None:
    learn(store, "the word")
    assert stat.S_IMODE(os.stat(store.path).st_mode) == 0o600


def test_persons_do_not_see_each_other(store: WordStore) -> None:
    learn(store, "we met Quillfeather", 3, "ada")
    assert shown(store, "bob") == {}
    store.forget("bob")
    assert "Quillfeather" in shown(store, "ada")


def test_what_is_added_by_hand_is_shown_at_once_and_needs_no_sightings(store: WordStore) -> None:
    store.add("ada", ["  Zephyr   Ltd. ", "", "bad\x00one"])
    assert [(word.text, word.seen, word.by_hand) for word in store.words("ada")] == [("Zephyr Ltd.", 0, True)]


def test_a_removed_word_takes_all_its_runs_with_it(store: WordStore) -> None:
    learn(store, "we met Quillfeather in good day", 3)
    store.remove("ada", ["Quillfeather"])
    assert "Quillfeather" not in shown(store)
    assert b"Quillfeather" not in store.path.read_bytes()
    assert shown(store)["met"] == 3


def test_a_removed_phrase_leaves_its_words(store: WordStore) -> None:
    learn(store, "please let me know", 3)
    store.remove("ada", ["let me know"])
    assert "please let me know" not in shown(store)
    assert shown(store)["please"] == 3


def test_the_file_has_no_letter_of_a_removed_word(tmp_path: Path, clock: Clock) -> None:
    """Also not in the parts of a page that SQLite no longer uses, which need many rows to come about."""
    store, dice = WordStore(tmp_path, 30_000, clock), random.Random(1)
    words = ["".join(dice.choices("abcdefgh", k=7)) for _ in range(4000)]
    secrets = [f"zq{word}" for word in words[:60]]
    for _ in range(15):
        text = [*dice.choices(words, k=500), *secrets]
        dice.shuffle(text)
        store.learn("ada", runs(" ".join(text)), lambda word: True)
    store.remove("ada", secrets)
    content = store.path.read_bytes()
    assert [word for word in secrets if word.encode() in content] == []


def test_the_file_is_written_anew_by_the_first_who_learns_on_a_day(store: WordStore, clock: Clock) -> None:
    def pages_unused() -> int:
        with sqlite3.connect(store.path) as file:
            unused: int = file.execute("PRAGMA freelist_count").fetchone()[0]
        return unused

    for person in ("ada", "bob"):
        learn(store, "good day", person=person)
    dice = random.Random(1)
    much = runs(" ".join("".join(dice.choices("abcdefgh", k=7)) for _ in range(300)))
    store.learn("ada", much, lambda word: True)
    store.learn("ada", Taken(undone=much.typed), lambda word: True)
    assert pages_unused() > 0
    clock.now += DAY_S
    learn(store, "good", person="bob")
    assert pages_unused() == 0


def test_many_words_are_removed_in_one_pass(store: WordStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise 500 words and 30,000 runs take 15 s, in which nobody else's words are learnt."""
    learn(store, "we met Ada in the good day", times=3)
    looked_at = []
    phrases_in = store_module._phrases_in
    monkeypatch.setattr(store_module, "_phrases_in", lambda run: looked_at.append(run) or phrases_in(run))
    store.remove("ada", ["Ada", *(f"word{number}" for number in range(500))])
    assert len(looked_at) == len(set(looked_at))
    assert "Ada" not in shown(store)


def test_a_word_is_removed_however_its_accents_are_encoded(store: WordStore) -> None:
    store.add("ada", ["Zéphyr", "Ada"])
    store.remove("ada", [unicodedata.normalize("NFD", "Zéphyr")])
    assert list(shown(store)) == ["Ada"]


def test_a_change_that_takes_nothing_away_makes_nobody_read_all_again(store: WordStore) -> None:
    learn(store, "we met", times=2)
    state = store.state("ada")
    store.remove("ada", ["Ada"])
    store.learn("ada", Taken(undone=runs("good day").typed), known)
    assert store.state("ada").whole == state.whole
    store.remove("ada", ["met"])
    assert store.state("ada").whole != state.whole


@pytest.mark.parametrize("word", ["\u212bngstrom", "\u00c5ngstrom", "don’t", "Jean-Luc"])
def test_whatever_was_learnt_can_be_removed(store: WordStore, word: str) -> None:
    learn(store, f"we met {word}", times=3)
    (listed,) = set(shown(store)) - {"we", "met", f"we met {word}"}
    assert store.remove("ada", [listed])
    assert set(shown(store)) == {"we", "met"}


def test_what_no_word_can_be_is_not_removed(store: WordStore) -> None:
    store.add("ada", ["Ada"])
    store.remove("ada", ["\ud800", "", "\x00"])
    assert list(shown(store)) == ["Ada"]


def test_forget_leaves_nothing_in_the_file(store: WordStore) -> None:
    learn(store, "we met Quillfeather", 3, "ada")
    store.add("ada", ["Zephyr"])
    learn(store, "the word", 3, "bob")
    store.forget("ada")
    content = store.path.read_bytes()
    assert b"Quillfeather" not in content
    assert b"Zephyr" not in content
    assert b"ada" not in content
    assert shown(store, "bob") == {"the": 3, "word": 3}
    store.forget("bob")
    assert list(store.path.parent.iterdir()) == [store.path]
    content = store.path.read_bytes()
    assert not any(word in content for word in (b"the", b"word", b"bob") if word not in SCHEMA.encode())
    with contextlib.closing(sqlite3.connect(store.path)) as file:
        for table in ("persons", "runs", "marks", "added"):
            assert file.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_processes_that_learn_and_forget_on_one_file_do_not_disturb_each_other(
    store: WordStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is deleted while another process has it open gives errors, and may lose words."""
    monkeypatch.setattr(sqlite_file, "LOCK_SECONDS", 60.0)  # a slow machine is no failure
    failed: list[WordsFileError] = []

    def work(person: str) -> None:
        try:
            for _ in range(15):
                learn(store, "good day", person=person)
                store.forget(person)
        except WordsFileError as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(person,)) for person in ("ada", "bob", "eve")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_whoever_begins_while_the_last_person_is_forgotten_keeps_their_words(store: WordStore) -> None:
    """Two servers share the file. Deleted with its last person, it would take a new one with it."""
    texts = [f"Name{letter}" for letter in "abcdefghijklmnopqrst"]

    def forget_again_and_again() -> None:
        other = WordStore(store.path.parent, 1000)
        for _ in texts:
            other.add("bob", ["Zephyr"])
            other.forget("bob")

    thread = threading.Thread(target=forget_again_and_again)
    thread.start()
    for text in texts:
        store.forget("ada")
        store.add("ada", [text])
        assert [word.text for word in store.words("ada")] == [text]
    thread.join()


def test_an_export_can_be_imported_elsewhere(store: WordStore, tmp_path: Path) -> None:
    learn(store, "please let me know Quillfeather", 4)
    store.add("ada", ["Zephyr"])
    other = WordStore(tmp_path / "other", 1000)
    other.import_("bob", store.export("ada"))
    assert shown(other, "bob") == shown(store)


@pytest.mark.parametrize(
    "exported",
    [
        {},
        {"format": "foretype-words", "version": 2},
        {"format": "foretype-words", "version": 1, "added": "x"},
        {"format": "foretype-words", "version": 1, "runs": [{"before": [], "piece": 7}]},
        {
            "format": "foretype-words",
            "version": 1,
            "runs": [{"before": [], "piece": "a\x00", "seen": 1, "last_day": 1}],
        },
        {  # it would be listed, and nobody could remove it
            "format": "foretype-words",
            "version": 1,
            "runs": [{"before": [], "piece": " two words", "seen": 3, "last_day": 1}],
        },
    ],
)
def test_what_is_no_export_is_refused_and_changes_nothing(
    store: WordStore, exported: dict[str, object]
) -> None:
    with pytest.raises(BadImportError):
        store.import_("ada", exported)
    assert store.persons() == []


def test_what_was_seen_once_is_forgotten_after_three_months(store: WordStore, clock: Clock) -> None:
    learn(store, "please let me know")
    learn(store, "good day", 2)
    clock.now += (FORGOTTEN_DAYS + 1) * DAY_S
    learn(store, "the word")
    left = {run.piece for run, _ in store.changes("ada", State()).runs}
    assert left == {"good", " day", "the", " word"}


def test_no_more_runs_are_kept_than_the_setting_says(store: WordStore) -> None:
    learn(store, "please let me know", 3)
    words = [f"{a}{b}{c}" for a in "abcdefgh" for b in "abcdefgh" for c in "abcdefghijklmnopq"]
    store.learn("ada", runs(" ".join(words)), lambda word: True)
    kept = store.changes("ada", State()).runs
    assert len(kept) <= 1000
    assert shown(store)["please"] == 3


def test_a_reader_learns_only_what_has_changed(store: WordStore) -> None:
    learn(store, "good day")
    first = store.changes("ada", State())
    assert first.is_whole
    assert store.changes("ada", first.state).runs == []
    learn(store, "the word")
    second = store.changes("ada", first.state)
    assert not second.is_whole
    assert {run.piece for run, _ in second.runs} == {"the", " word"}
    store.remove("ada", ["word"])
    assert store.changes("ada", second.state).is_whole
    store.forget("ada")
    gone = store.changes("ada", second.state)
    assert gone.is_whole
    assert gone.runs == []


def test_a_file_that_is_none_gives_an_error_that_says_what_to_do(store: WordStore) -> None:
    store.path.parent.mkdir()
    (store.path.parent / FILE).write_bytes(b"this is no database, and long enough to be read as one" * 40)
    with pytest.raises(WordsFileError, match="delete it"):
        store.words("ada")


def test_the_file_of_another_version_is_left_alone(store: WordStore) -> None:
    store.add("ada", ["Ada"])
    with contextlib.closing(sqlite3.connect(store.path)) as file:
        file.execute("PRAGMA user_version = 7")
    for call in (lambda: store.words("ada"), lambda: store.forget("ada")):
        with pytest.raises(WordsFileError, match="another version"):
            call()


def test_a_folder_that_may_not_be_read_gives_the_same_error(
    store: WordStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exists(path: Path) -> bool:  # as `Path.exists` does; the tests may run as root, who may read all
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "exists", exists)
    for call in (lambda: store.words("ada"), lambda: store.forget("ada")):
        with pytest.raises(WordsFileError, match="Permission denied"):
            call()


def test_a_file_that_may_not_be_written_is_not_called_damaged(store: WordStore) -> None:
    store.path.mkdir(parents=True)  # root may write all files, but cannot open a folder as one
    with pytest.raises(WordsFileError, match="FORETYPE_STATE_DIR") as caught:
        store.words("ada")
    assert "damaged" not in str(caught.value)


def test_a_busy_file_is_not_called_damaged(store: WordStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add("ada", ["Ada"])
    monkeypatch.setattr(sqlite_file, "LOCK_SECONDS", 0.0)
    with contextlib.closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(WordsFileError, match="another program") as caught:
            store.add("ada", ["Bob"])
    assert "delete" not in str(caught.value)


def test_a_full_disk_is_not_called_damaged(store: WordStore, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(sqlite3.Connection):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.execute("PRAGMA max_page_count = 1")  # SQLite takes as many as there are

    store.add("ada", ["Ada"])
    monkeypatch.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Full))
    with pytest.raises(WordsFileError, match="disk is full") as caught:
        store.add("ada", [f"word {number}" for number in range(2000)])
    assert "delete" not in str(caught.value)
    assert caught.value.cause == "SQLITE_FULL"
    assert list(shown(store)) == ["Ada"]


def test_who_comes_while_the_last_is_forgotten_keeps_their_words(
    store: WordStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    compact = store._file.compact
    monkeypatch.setattr(store._file, "compact", lambda: (compact(), store.add("bob", ["Bob"])))
    store.add("ada", ["Ada"])
    store.forget("ada")
    assert list(shown(store, "bob")) == ["Bob"]


def test_forget_overwrites_what_an_earlier_call_could_not(
    store: WordStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise WordsFileError("", "")

    store.add("ada", ["Ada"])
    with monkeypatch.context() as broken:
        broken.setattr(store._file, "compact", fails)
        with pytest.raises(WordsFileError):
            store.forget("ada")
    compacted: list[bool] = []
    monkeypatch.setattr(store._file, "compact", lambda: compacted.append(True))
    store.forget("ada")
    assert compacted == [True]


def test_several_writers_lose_nothing(store: WordStore) -> None:
    threads = [threading.Thread(target=learn, args=(store, "good day", 5)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shown(store) == {"good": 20, "day": 20}


def test_the_file_has_its_version(store: WordStore) -> None:
    learn(store, "the word")
    with sqlite3.connect(store.path) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (1,)


def test_what_is_undone_is_unlearnt(store: WordStore) -> None:
    learn(store, "the word is good", 3)
    learn(store, "we met Quillfeather", 2)
    gone = runs("the word is good").typed
    store.learn("ada", Taken(undone=gone), known)
    assert shown(store) == {}  # two sightings are left of each
    store.learn("ada", Taken(undone=runs("we met Quillfeather").typed), known)
    learn(store, "we met Quillfeather")
    assert "Quillfeather" not in shown(store)
    learn(store, "we met Quillfeather")
    assert shown(store)["Quillfeather"] == 3
