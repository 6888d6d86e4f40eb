"""Own words of all persons: counts of short runs of pieces, in one SQLite file."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import sqlite3
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foretype.words.errors import WordsFileError
from foretype.words.exported import FORMAT, MOST_SEEN, VERSION, checked
from foretype.words.field_text import Taken
from foretype.words.pieces import START, Run, as_text, is_word, phrase_of
from foretype.words.sqlite_file import SqliteFile

SIGHTINGS = 3  # fields in which an unknown word must occur before it is stored, shown or offered
PHRASE_SEEN = 3  # a run of words is shown as a phrase from this count on
PHRASE_WORDS = 3
FORGOTTEN_DAYS = 90  # what was seen once is forgotten after this time
MOST_ADDED = 2000  # words and phrases by hand
MOST_MARKS = 20_000
DAY_S = 86_400
JOIN = "\x1f"


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a phrase. `seen`: how often, as far as it is not forgotten."""

    text: str
    seen: int
    by_hand: bool


@dataclass(frozen=True, slots=True)
class State:
    """The state of a person's words in the file. If words were removed, `whole` changes."""

    person: int = 0
    version: int = 0
    whole: int = 0


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed since a state. is_whole: these are all runs, not only those that have changed.
    added: all that was added by hand.
    """

    state: State
    is_whole: bool
    runs: list[tuple[Run, int]]
    added: list[str]


class WordStore:
    """Any thread may call it. Methods raise `WordsFileError`."""

    def __init__(self, folder: Path, most_runs: int, clock: Callable[[], float] = time.time) -> None:
        """`most_runs`: of one person. `clock`: seconds since 1970."""
        self._file = SqliteFile(folder)
        self._most_runs = most_runs
        self._clock = clock

    @property
    def path(self) -> Path:
        return self._file.path

    # -- learning --

    def identity(self, person: str) -> bytes | None:
        """It changes when the person's words are forgotten, by any process. None if nothing is kept."""
        with self._file.read() as file:
            row = None if file is None else _find(file, person)
        return None if row is None else row.key

    def learn(
        self, person: str, taken: Taken, is_known: Callable[[str], bool], since: bytes | None = None
    ) -> bytes | None:
        """Count the runs of one text, and take back those that were undone in it. Of an unknown word only a
        keyed mark is kept, until it was seen in `SIGHTINGS` texts.

        since: the person's identity when the text was begun. If it has changed, the person's words were
        forgotten meanwhile, and nothing of the text is counted. Returns the identity for the next part of the
        same text.
        """
        if not taken:
            return since
        with self._file.change() as file:
            found = _find(file, person)
            if since is not None and (found is None or found.key != since):
                return since
            row = self._row(file, person)
            hidden, ripe = self._sort_out(file, row, taken, is_known)
            self._take_back(file, row, _shown(taken.undone, hidden))
            count = _shown(taken.typed, hidden)
            for word in ripe:
                count[Run((), f" {word}")] += SIGHTINGS - 1
            self._count(file, row, [(run, n, self._today()) for run, n in count.items()])
            self._tidy(file, row)
            is_first_today = row.tidied != self._today() and self._is_first_today(file, row)
        if is_first_today:
            with contextlib.suppress(WordsFileError):  # what was typed is learnt; tomorrow is another try
                self._file.compact()
        return row.key

    def _is_first_today(self, file: sqlite3.Connection, row: _Row) -> bool:
        others = "SELECT 1 FROM persons WHERE id != ? AND tidied >= ? LIMIT 1"
        return file.execute(others, (row.id, self._today())).fetchone() is None

    def _sort_out(
        self, file: sqlite3.Connection, row: _Row, taken: Taken, is_known: Callable[[str], bool]
    ) -> tuple[set[str], set[str]]:
        """The words that are not to be stored yet, and those that are from now on."""
        runs = [*taken.typed, *taken.undone]
        words = {piece.strip() for run in runs for piece in run.pieces if is_word(piece)}
        typed, undone = ({run.piece.strip() for run in some} for some in (taken.typed, taken.undone))
        hidden, ripe = set(), set()
        for word in words:
            if is_known(word) or self._is_stored(file, row, word):
                continue
            where = (row.id, _mark(row, word))
            found = file.execute("SELECT seen FROM marks WHERE person = ? AND mark = ?", where).fetchone()
            was_seen = found[0] if found else 0
            seen = was_seen + (word in typed) - (word in undone) if word not in taken.stayed else was_seen
            if seen >= SIGHTINGS:
                ripe.add(word)
            else:
                hidden.add(word)
            if seen >= SIGHTINGS or seen <= 0:
                file.execute("DELETE FROM marks WHERE person = ? AND mark = ?", where)
            elif seen != was_seen:
                values = (*where, seen, self._today())
                file.execute("INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?)", values)
        return hidden, ripe

    def _take_back(self, file: sqlite3.Connection, row: _Row, undone: Mapping[Run, int]) -> None:
        if not undone:
            return
        taken_back = file.executemany(
            "UPDATE runs SET seen = seen - ? WHERE person = ? AND before = ? AND piece = ?",
            [(n, row.id, JOIN.join(one.before), one.piece) for one, n in undone.items()],
        )
        if taken_back.rowcount:
            file.execute("DELETE FROM runs WHERE person = ? AND seen <= 0", (row.id,))
            self._became_whole(file, row)

    def _is_stored(self, file: sqlite3.Connection, row: _Row, word: str) -> bool:
        by_piece = "SELECT 1 FROM runs WHERE person = ? AND piece IN (?, ?) LIMIT 1"
        by_hand = "SELECT 1 FROM added WHERE person = ? AND text = ?"
        return (
            file.execute(by_piece, (row.id, word, f" {word}")).fetchone() is not None
            or file.execute(by_hand, (row.id, word)).fetchone() is not None
        )

    def _count(self, file: sqlite3.Connection, row: _Row, runs: Iterable[tuple[Run, int, int]]) -> None:
        """Add to the counts of runs. Each has the day on which it was typed last."""
        version = self._next_version(file, row)
        file.executemany(
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            f"seen = min(seen + excluded.seen, {MOST_SEEN}), last = max(last, excluded.last), "
            "version = excluded.version",
            [(row.id, JOIN.join(one.before), one.piece, n, day, version) for one, n, day in runs],
        )

    def _tidy(self, file: sqlite3.Connection, row: _Row) -> None:
        """Once a day, forget old runs that were seen once. If there are too many runs, forget the least seen
        and oldest ones at any time.
        """
        today, dropped = self._today(), 0
        if row.tidied != today:
            old = (row.id, today - FORGOTTEN_DAYS)
            dropped += file.execute(
                "DELETE FROM runs WHERE person = ? AND last < ? AND seen < 2", old
            ).rowcount
            file.execute("DELETE FROM marks WHERE person = ? AND last < ?", old)
            file.execute("UPDATE persons SET tidied = ? WHERE id = ?", (today, row.id))
        kept = file.execute("SELECT count(*) FROM runs WHERE person = ?", (row.id,)).fetchone()[0]
        if kept > self._most_runs:
            surplus = kept - self._most_runs * 9 // 10  # so that this is rare
            dropped += file.execute(
                "DELETE FROM runs WHERE (person, before, piece) IN (SELECT person, before, piece FROM runs "
                "WHERE person = ? ORDER BY seen, last LIMIT ?)",
                (row.id, surplus),
            ).rowcount
        file.execute(
            "DELETE FROM marks WHERE person = ? AND mark NOT IN (SELECT mark FROM marks WHERE person = ? "
            "ORDER BY last DESC LIMIT ?)",
            (row.id, row.id, MOST_MARKS),
        )
        if dropped:
            self._became_whole(file, row)

    # -- what a person sees and changes --

    def words(self, person: str) -> list[Word]:
        """All words and phrases that are shown, most seen first."""
        with self._file.read() as file:
            row = None if file is None else _find(file, person)
            if file is None or row is None:
                return []
            runs, added = _runs(file, row.id), _added(file, row.id)
        seen: Counter[str] = Counter()
        for run, count in runs:
            if is_word(run.piece):
                seen[run.piece.strip()] += count
            pieces = [piece for piece in run.pieces if piece != START]
            if count >= PHRASE_SEEN and len(pieces) >= PHRASE_WORDS and all(map(is_word, pieces)):
                seen[as_text(pieces)] += count
        shown = {text: count for text, count in seen.items() if count >= SIGHTINGS}
        texts = [Word(text, shown.get(text, 0), text in added) for text in {*shown, *added}]
        return sorted(texts, key=lambda word: (-word.seen, word.text))

    def add(self, person: str, texts: Iterable[str]) -> None:
        """Add words and phrases by hand. Those that are no words or phrases (`phrase_of`) are left out."""
        phrases = [as_text(pieces) for text in texts if (pieces := phrase_of(text)) is not None]
        if not phrases:
            return
        with self._file.change() as file:
            row = self._row(file, person)
            there = len(_added(file, row.id))
            room = max(0, MOST_ADDED - there)
            rows = [(row.id, text) for text in phrases[:room]]
            file.executemany("INSERT OR IGNORE INTO added VALUES (?, ?)", rows)
            self._next_version(file, row)

    def remove(self, person: str, texts: Iterable[str]) -> bool:
        """Forget words and phrases: also every run that holds one of them. Their places in the file are
        overwritten. Returns whether the file had anything of them, also if it was not shown yet.
        """
        wanted = {words for text in texts for form in (text, _composed(text)) if (words := _words_in(form))}
        with self._file.change(make=False) as file:
            row = None if file is None else _find(file, person)
            if file is None or row is None:
                return False
            removed = marks = 0
            for words in wanted:
                by_hand = (row.id, " ".join(words))
                removed += file.execute("DELETE FROM added WHERE person = ? AND text = ?", by_hand).rowcount
                mark = (row.id, _mark(row, " ".join(words)))
                marks += file.execute("DELETE FROM marks WHERE person = ? AND mark = ?", mark).rowcount
            gone = [run for run, _ in _runs(file, row.id) if not wanted.isdisjoint(_phrases_in(run))]
            file.executemany(
                "DELETE FROM runs WHERE person = ? AND before = ? AND piece = ?",
                [(row.id, JOIN.join(run.before), run.piece) for run in gone],
            )
            if removed or gone:
                self._became_whole(file, row)
        self._file.compact()
        return bool(removed or marks or gone)

    def forget(self, person: str) -> None:
        """Forget everything of a person. Its places in the file are overwritten. If an earlier call could not
        overwrite them, this one does.

        A file without persons stays: another process may have it open, and would then write its journal
        beside a file that has no name any more.
        """
        with self._file.change(make=False) as file:
            if file is None:
                return
            row = _find(file, person)
            if row is not None:
                for table in ("runs", "marks", "added"):
                    file.execute(f"DELETE FROM {table} WHERE person = ?", (row.id,))
                file.execute("DELETE FROM persons WHERE id = ?", (row.id,))
        self._file.compact()

    def persons(self) -> list[str]:
        with self._file.read() as file:
            if file is None:
                return []
            return [name for (name,) in file.execute("SELECT name FROM persons ORDER BY name")]

    # -- export and import --

    def export(self, person: str) -> dict[str, Any]:
        with self._file.read() as file:
            row = None if file is None else _find(file, person)
            runs = [] if file is None or row is None else _runs_with_day(file, row.id)
            added = [] if file is None or row is None else sorted(_added(file, row.id))
        listed = [
            {"before": list(run.before), "piece": run.piece, "seen": seen, "last_day": last}
            for run, seen, last in runs
        ]
        return {"format": FORMAT, "version": VERSION, "added": added, "runs": listed}

    def import_(self, person: str, exported: Mapping[str, Any]) -> None:
        """Add what was exported: counts are added to those that are there. Raises `BadImportError`."""
        added, runs = checked(exported)
        self.add(person, added)
        if not runs:
            return
        with self._file.change() as file:
            row = self._row(file, person)
            self._count(file, row, [(run, n, min(day, self._today())) for run, n, day in runs])
            self._tidy(file, row)

    # -- what the engine reads --

    def state(self, person: str) -> State:
        """The default if nothing is kept of the person. Quick."""
        with self._file.read() as file:
            row = None if file is None else _find(file, person)
            return State() if row is None else State(row.id, row.version, row.whole)

    def changes(self, person: str, since: State) -> Changes:
        """What has changed since the state of an earlier call; everything if that was another person's or if
        words were taken away.
        """
        with self._file.read() as file:
            row = None if file is None else _find(file, person)
            if file is None or row is None:
                return Changes(State(), is_whole=since != State(), runs=[], added=[])
            state = State(row.id, row.version, row.whole)
            is_whole = (row.id, row.whole) != (since.person, since.whole)
            if not is_whole and state.version == since.version:
                return Changes(state, is_whole=False, runs=[], added=[])
            runs = _runs(file, row.id, after=-1 if is_whole else since.version)
            return Changes(state, is_whole, runs, sorted(_added(file, row.id)))

    # -- persons in the file --

    def _today(self) -> int:
        return int(self._clock() // DAY_S)

    def _row(self, file: sqlite3.Connection, person: str) -> _Row:
        row = _find(file, person)
        if row is None:
            values = (person, secrets.token_bytes(32), 0, secrets.randbits(48), self._today())
            file.execute(
                "INSERT INTO persons (name, key, version, whole, tidied) VALUES (?, ?, ?, ?, ?)", values
            )
            row = _find(file, person)
        assert row is not None
        return row

    def _next_version(self, file: sqlite3.Connection, row: _Row) -> int:
        file.execute("UPDATE persons SET version = version + 1 WHERE id = ?", (row.id,))
        version: int = file.execute("SELECT version FROM persons WHERE id = ?", (row.id,)).fetchone()[0]
        return version

    def _became_whole(self, file: sqlite3.Connection, row: _Row) -> None:
        """Every process that holds counts must read all of them again."""
        file.execute("UPDATE persons SET whole = whole + 1, version = version + 1 WHERE id = ?", (row.id,))


@dataclass(frozen=True, slots=True)
class _Row:
    """A person in the file. key: of the marks of unknown words."""

    id: int
    key: bytes
    version: int
    whole: int
    tidied: int


def _find(file: sqlite3.Connection, person: str) -> _Row | None:
    found = file.execute(
        "SELECT id, key, version, whole, tidied FROM persons WHERE name = ?", (person,)
    ).fetchone()
    return None if found is None else _Row(*found)


def _runs(file: sqlite3.Connection, person: int, after: int = -1) -> list[tuple[Run, int]]:
    return [(run, seen) for run, seen, _ in _runs_with_day(file, person, after)]


def _runs_with_day(file: sqlite3.Connection, person: int, after: int = -1) -> list[tuple[Run, int, int]]:
    """Those that have changed after a version."""
    rows = file.execute(
        "SELECT before, piece, seen, last FROM runs WHERE person = ? AND version > ?", (person, after)
    )
    return [
        (Run(tuple(before.split(JOIN)) if before else (), piece), seen, last)
        for before, piece, seen, last in rows
    ]


def _added(file: sqlite3.Connection, person: int) -> set[str]:
    return {text for (text,) in file.execute("SELECT text FROM added WHERE person = ?", (person,))}


def _mark(row: _Row, word: str) -> bytes:
    """A keyed hash of a word. It does not reveal the word, but a person who has the file can try words, as
    with a hashed password.
    """
    return hashlib.blake2b(word.encode(), key=row.key, digest_size=8).digest()


def _shown(runs: Mapping[Run, int], hidden: set[str]) -> Counter[Run]:
    """The runs without hidden words."""
    count: Counter[Run] = Counter()
    for run, n in runs.items():
        if (shown := _without(run, hidden)) is not None:
            count[shown] += n
    return count


def _without(run: Run, hidden: set[str]) -> Run | None:
    """The run from behind its last hidden word on. None if its last piece is hidden."""
    if run.piece.strip() in hidden:
        return None
    before = run.before
    for index in reversed(range(len(before))):
        if before[index].strip() in hidden:
            return Run(before[index + 1 :], run.piece)
    return run


def stored_form(text: str) -> str:
    """A word or a phrase as it is stored if it is added by hand. Empty if it cannot be stored."""
    return " ".join(_words_in(_composed(text)))


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _words_in(text: str) -> tuple[str, ...]:
    """Empty if there are none, or if the text cannot be stored."""
    words = tuple(text.split())
    return words if all(word.isprintable() for word in words) else ()


def _phrases_in(run: Run) -> Iterator[tuple[str, ...]]:
    pieces = tuple(piece.strip() for piece in run.pieces)
    for start in range(len(pieces)):
        for end in range(start, len(pieces)):
            yield pieces[start : end + 1]
