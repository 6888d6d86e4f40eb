from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections import Counter
from pathlib import Path

import pytest

from foretype.words.errors import BadImportError, WordsFileError
from foretype.words.field_text import Taken
from foretype.words.pieces import cut, runs_of
from foretype.words.store import DAY_S, FILE, FORGOTTEN_DAYS, State, WordStore

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
    assert not any(word in content for word in (b"bob", b"the word", b" word"))


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
