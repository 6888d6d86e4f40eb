"""The file of own words: one SQLite file for all persons, with counts of short runs of pieces.

Each call opens the file, works in one transaction and closes it, so the server and `foretype words` may use
it at the same time, and a file that was deleted is noticed. Every call waits for the disk.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import sqlite3
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foretype.words.errors import BadImportError, WordsFileError
from foretype.words.field_text import Taken
from foretype.words.pieces import CONTEXT, LONGEST_PHRASE, START, Run, as_text, is_word, phrase_of

FILE = "words.sqlite3"
FORMAT, VERSION = "foretype-words", 1
SIGHTINGS = 3  # fields in which an unknown word must occur before it is stored, shown or offered
PHRASE_SEEN = 3  # a run of words is shown as a phrase from this count on
PHRASE_WORDS = 3
FORGOTTEN_DAYS = 90  # what was seen once is forgotten after this time
MOST_ADDED = 2000  # words and phrases by hand
MOST_MARKS = 20_000
LOCK_SECONDS = 5.0
DAY_S = 86_400
JOIN = "\x1f"
LATEST_DAY = 4_000_000

_SCHEMA = """
CREATE TABLE persons (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, key BLOB NOT NULL,
    version INTEGER NOT NULL, whole INTEGER NOT NULL, tidied INTEGER NOT NULL
);
CREATE TABLE runs (
    person INTEGER NOT NULL, before TEXT NOT NULL, piece TEXT NOT NULL,
    seen INTEGER NOT NULL, last INTEGER NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (person, before, piece)
) WITHOUT ROWID;
CREATE INDEX runs_by_piece ON runs (person, piece);
CREATE INDEX runs_by_version ON runs (person, version);
CREATE TABLE marks (
    person INTEGER NOT NULL, mark BLOB NOT NULL, seen INTEGER NOT NULL, last INTEGER NOT NULL,
    PRIMARY KEY (person, mark)
) WITHOUT ROWID;
CREATE TABLE added (person INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (person, text)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a phrase. `seen`: how often, as far as it is not forgotten."""

    text: str
    seen: int
    by_hand: bool


@dataclass(frozen=True, slots=True)
class State:
    """The state of a person's words in the file. Words that were taken away change `whole`."""

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
        self.path = folder / FILE
        self._most_runs = most_runs
        self._clock = clock

    # -- learning --

    def identity(self, person: str) -> bytes | None:
        """It changes when the person's words are forgotten, by any process. None if nothing is kept."""
        with self._read() as file:
            row = None if file is None else _find(file, person)
        return None if row is None else row.key

    def learn(
        self, person: str, taken: Taken, is_known: Callable[[str], bool], since: bytes | None = None
    ) -> bytes | None:
        """Count the runs of one text, and take back those that were undone in it. Of an unknown word only a
        keyed mark is kept, until it was seen in `SIGHTINGS` texts.

        since: the person's identity when the text was begun. If it is another now, the person has had
        everything forgotten meanwhile, and nothing of the text is counted. Returns the identity for the next
        part of the same text.
        """
        if not taken:
            return since
        with self._change() as file:
            found = _find(file, person)
            if since is not None and (found is None or found.key != since):
                return since
            row = self._row(file, person)
            hidden, ripe = self._sort_out(file, row, taken, is_known)
            self._take_back(file, row, _shown(taken.undone, hidden))
            count = _shown(taken.typed, hidden)
            for word in ripe:
                count[Run((), f" {word}")] += SIGHTINGS - 1
            self._count(file, row, count)
            self._tidy(file, row)
            is_first_today = row.tidied != self._today() and self._is_first_today(file, row)
        if is_first_today:
            with contextlib.suppress(WordsFileError):  # what was typed is learnt; tomorrow is another try
                self._compact()
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

    def _count(self, file: sqlite3.Connection, row: _Row, count: Mapping[Run, int]) -> None:
        version, today = self._next_version(file, row), self._today()
        file.executemany(
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "seen = seen + excluded.seen, last = max(last, excluded.last), version = excluded.version",
            [(row.id, JOIN.join(one.before), one.piece, n, today, version) for one, n in count.items()],
        )

    def _tidy(self, file: sqlite3.Connection, row: _Row) -> None:
        """Once a day forget what is old and was seen once; and at any time what is too much, with the least
        seen and oldest first.
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
        with self._read() as file:
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
        with self._change() as file:
            row = self._row(file, person)
            there = len(_added(file, row.id))
            room = max(0, MOST_ADDED - there)
            rows = [(row.id, text) for text in phrases[:room]]
            file.executemany("INSERT OR IGNORE INTO added VALUES (?, ?)", rows)
            self._next_version(file, row)

    def remove(self, person: str, texts: Iterable[str]) -> bool:
        """Forget words and phrases: also every run that holds one of them. Their places in the file are
        overwritten. Whether there was anything of them, also if it was not shown yet.
        """
        wanted = {words for text in texts for form in (text, _composed(text)) if (words := _words_in(form))}
        with self._change(make=False) as file:
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
        self._compact()
        return bool(removed or marks or gone)

    def forget(self, person: str) -> None:
        """Forget everything of a person. Its places in the file are overwritten. If an earlier call could not
        overwrite them, this one does.

        A file in which nobody is left stays: another process may have it open, and would then write its
        journal beside a file that has no name any more.
        """
        with self._change(make=False) as file:
            if file is None:
                return
            row = _find(file, person)
            if row is not None:
                for table in ("runs", "marks", "added"):
                    file.execute(f"DELETE FROM {table} WHERE person = ?", (row.id,))
                file.execute("DELETE FROM persons WHERE id = ?", (row.id,))
        self._compact()

    def _compact(self) -> None:
        """Write the file anew. `secure_delete` overwrites what is deleted, but not the copies that SQLite
        leaves in a page when it moves rows to another one.
        """
        with self._opened() as file:
            file.execute("PRAGMA temp_store = MEMORY")  # else a folder for temporary files gets a copy
            file.execute("VACUUM")

    def persons(self) -> list[str]:
        with self._read() as file:
            if file is None:
                return []
            return [name for (name,) in file.execute("SELECT name FROM persons ORDER BY name")]

    # -- export and import --

    def export(self, person: str) -> dict[str, Any]:
        with self._read() as file:
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
        added, runs = _checked(exported)
        self.add(person, added)
        if not runs:
            return
        with self._change() as file:
            row = self._row(file, person)
            version = self._next_version(file, row)
            file.executemany(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "seen = min(seen + excluded.seen, 1000000), last = max(last, excluded.last), "
                "version = excluded.version",
                [
                    (row.id, JOIN.join(run.before), run.piece, seen, min(last, self._today()), version)
                    for run, seen, last in runs
                ],
            )
            self._tidy(file, row)

    # -- what the engine reads --

    def state(self, person: str) -> State:
        """The default if nothing is kept of the person. Quick."""
        with self._read() as file:
            row = None if file is None else _find(file, person)
            return State() if row is None else State(row.id, row.version, row.whole)

    def changes(self, person: str, since: State) -> Changes:
        """What has changed since the state of an earlier call; everything if that was another person's or if
        words were taken away.
        """
        with self._read() as file:
            row = None if file is None else _find(file, person)
            if file is None or row is None:
                return Changes(State(), is_whole=since != State(), runs=[], added=[])
            state = State(row.id, row.version, row.whole)
            is_whole = (row.id, row.whole) != (since.person, since.whole)
            if not is_whole and state.version == since.version:
                return Changes(state, is_whole=False, runs=[], added=[])
            runs = _runs(file, row.id, after=-1 if is_whole else since.version)
            return Changes(state, is_whole, runs, sorted(_added(file, row.id)))

    # -- the file --

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
        """Whoever holds counts must read all of them again."""
        file.execute("UPDATE persons SET whole = whole + 1, version = version + 1 WHERE id = ?", (row.id,))

    @contextlib.contextmanager
    def _read(self) -> Iterator[sqlite3.Connection | None]:
        """None if there is no file."""
        if not self._is_there():
            yield None
            return
        with self._opened() as file:
            file.execute("BEGIN")
            yield file

    @contextlib.contextmanager
    def _change(self, *, make: bool = True) -> Iterator[Any]:
        """A transaction that nobody else changes the file in. None if there is no file and none is to be
        made.
        """
        if not make and not self._is_there():
            yield None
            return
        with self._opened() as file:
            file.execute("BEGIN IMMEDIATE")
            try:
                yield file
            except BaseException:
                if file.in_transaction:  # SQLite ends it by itself if the disk is full
                    file.execute("ROLLBACK")
                raise
            file.execute("COMMIT")

    def _is_there(self) -> bool:
        try:
            return self.path.exists()
        except OSError as error:
            raise self._unusable(error) from None

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        file = None
        try:
            self._make()
            file = sqlite3.connect(self.path, timeout=LOCK_SECONDS, isolation_level=None)
            file.execute("PRAGMA secure_delete = ON")
            version = file.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                _lay_out(file)
            elif version != VERSION:
                raise self._unusable(None)
            yield file
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from None
        finally:
            if file is not None:
                file.close()

    def _unusable(self, error: OSError | sqlite3.Error | None) -> WordsFileError:
        """None: another version of Foretype has written the file."""
        why = NEWER if error is None else _why(error)
        return WordsFileError(f"The file of own words, {self.path}, {why}", _name_of(error))

    def _make(self) -> None:
        """The file that only its owner may read. SQLite's journal beside it gets the same mode."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):
            handle = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with contextlib.closing(os.fdopen(handle, "wb")):
                if hasattr(os, "geteuid") and os.geteuid() == 0:  # `sudo foretype words`
                    owner = self.path.parent.stat()
                    os.fchown(handle, owner.st_uid, owner.st_gid)


@dataclass(frozen=True, slots=True)
class _Row:
    """A person in the file. key: of the marks of unknown words."""

    id: int
    key: bytes
    version: int
    whole: int
    tidied: int


def _lay_out(file: sqlite3.Connection) -> None:
    file.execute("BEGIN IMMEDIATE")
    if file.execute("PRAGMA user_version").fetchone()[0] == 0:  # else another process was faster
        for statement in _SCHEMA.split(";"):
            file.execute(statement)
        file.execute(f"PRAGMA user_version = {VERSION}")
    file.execute("COMMIT")


def _find(file: sqlite3.Connection, person: str) -> _Row | None:
    found = file.execute(
        "SELECT id, key, version, whole, tidied FROM persons WHERE name = ?", (person,)
    ).fetchone()
    return None if found is None else _Row(*found)


def _runs(file: sqlite3.Connection, person: int, after: int = -1) -> list[tuple[Run, int]]:
    rows = file.execute(
        "SELECT before, piece, seen FROM runs WHERE person = ? AND version > ?", (person, after)
    )
    return [(_run(before, piece), seen) for before, piece, seen in rows]


def _runs_with_day(file: sqlite3.Connection, person: int) -> list[tuple[Run, int, int]]:
    rows = file.execute("SELECT before, piece, seen, last FROM runs WHERE person = ?", (person,))
    return [(_run(before, piece), seen, last) for before, piece, seen, last in rows]


def _run(before: str, piece: str) -> Run:
    return Run(tuple(before.split(JOIN)) if before else (), piece)


def _added(file: sqlite3.Connection, person: int) -> set[str]:
    return {text for (text,) in file.execute("SELECT text FROM added WHERE person = ?", (person,))}


def _mark(row: _Row, word: str) -> bytes:
    """From which the word cannot be read; who has the file can still try words, as with a hashed password."""
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


def _why(error: OSError | sqlite3.Error) -> str:
    """Why the file cannot be used, and what to do. SQLite's own message may hold a word of the file."""
    writable = "Make it writable, or set FORETYPE_STATE_DIR to a folder that you may write."
    if isinstance(error, OSError):
        return f"cannot be used: {error.strerror}. {writable}"
    name = _name_of(error)
    for beginning, why in _REASONS.items():
        if name.startswith(beginning):
            return why
    return f"cannot be used: {name}. {writable} If it is damaged, delete it."


def _name_of(error: OSError | sqlite3.Error | None) -> str:
    if error is None:
        return "OTHER_VERSION"
    if isinstance(error, OSError):
        return errno.errorcode.get(error.errno or 0, type(error).__name__)
    return getattr(error, "sqlite_errorname", type(error).__name__)


NEWER = "was written by another version of Foretype: use that version, or delete the file."
_UNREADABLE = "cannot be opened or written. Make it writable, or set FORETYPE_STATE_DIR to another folder."
_REASONS = {
    "SQLITE_READONLY": _UNREADABLE,
    "SQLITE_CANTOPEN": _UNREADABLE,
    "SQLITE_BUSY": f"is used by another program for more than {LOCK_SECONDS:.0f} seconds: try again.",
    "SQLITE_FULL": "cannot be written: the disk is full. Free some space on it.",
    "SQLITE_NOTADB": "is damaged: delete it, or put a backup in its place.",
    "SQLITE_CORRUPT": "is damaged: delete it, or put a backup in its place.",
}


def _checked(exported: Mapping[str, Any]) -> tuple[list[str], list[tuple[Run, int, int]]]:
    """Raises `BadImportError`."""
    if exported.get("format") != FORMAT or exported.get("version") != VERSION:
        raise BadImportError(f"An import needs 'format' {FORMAT} and 'version' {VERSION}.")
    added, runs = exported.get("added", []), exported.get("runs", [])
    if not isinstance(added, list) or not all(isinstance(text, str) for text in added):
        raise BadImportError("'added' must be a list of texts.")
    if not isinstance(runs, list):
        raise BadImportError("'runs' must be a list.")
    return added, [_checked_run(one) for one in runs]


def _checked_run(one: object) -> tuple[Run, int, int]:
    if isinstance(one, dict):
        before, piece, seen, last = (one.get(name) for name in ("before", "piece", "seen", "last_day"))
        if (
            isinstance(before, list)
            and len(before) <= max(CONTEXT, LONGEST_PHRASE)
            and all(isinstance(text, str) and _is_piece(text, START) for text in before)
            and isinstance(piece, str)
            and _is_piece(piece)
            and type(seen) is int
            and 1 <= seen <= 1_000_000
            and type(last) is int
            and 0 <= last <= LATEST_DAY
        ):
            return Run(tuple(before[-CONTEXT:]), piece), seen, last
    raise BadImportError("An entry of 'runs' is not as the export writes it.")


def _is_piece(text: str, also: str = "\n") -> bool:
    if text in ("\n", also):
        return True
    return 0 < len(text) <= 64 and text.isprintable() and text != " " and " " not in text[1:]
