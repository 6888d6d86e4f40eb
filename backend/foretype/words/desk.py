"""Learns from fields when they are left or quiet, without delaying their keystrokes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from foretype.support import logs
from foretype.support.clock import Timer, Timers
from foretype.support.logs import SparseLines
from foretype.words.errors import WordsFileError
from foretype.words.field_text import FieldText, Taken
from foretype.words.store import WordStore

T = TypeVar("T")
QUIET_S = 30.0  # without a keystroke; then the text of a field is learnt
MOST_FIELDS = 4096  # that are followed at the same time; the one used longest ago is learnt first

Place = tuple[str, str]
"""A connection and its name for a field."""


@dataclass(slots=True)
class _Followed:
    person: str
    text: FieldText
    used_at: float
    lasting: bool
    is_learnt: bool = False  # except the word that may still be typed
    # The person's identity in the file when the field was begun. Used on the thread only.
    identity: bytes | None = None


class LearningDesk:
    """Lives on the event loop. The file is changed on a thread of its own."""

    def __init__(
        self, store: WordStore, timers: Timers, is_known: Callable[[str], bool], context_chars: int
    ) -> None:
        """`is_known`: whether a word is an ordinary one, which needs no sightings. Any thread may call it.
        `context_chars`: at which clients cut the text on each side of the caret.
        """
        self._context_chars = context_chars
        self._store = store
        self._timers = timers
        self._is_known = is_known
        self._fields: dict[Place, _Followed] = {}  # the one used longest ago first
        self._timer: Timer | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="words")
        self._lines = SparseLines(timers.time)

    def keystroke(
        self, person: str, place: Place, before: str, after: str, *, learn: bool, lasting: bool = True
    ) -> None:
        """The newest state of a field. `learn`: if it is False, nothing of the field is learnt. `lasting`:
        whether the caller will report that the field is left; if not, the field counts as left when it is
        quiet.
        """
        followed = self._fields.pop(place, None)
        if not learn:
            return
        now = self._timers.time()
        if followed is None or followed.person != person:
            followed = _Followed(person, FieldText(before, after, self._context_chars), now, lasting)
            self._thread.submit(self._begin, followed)
        else:
            followed.text.now(before, after)
            followed.used_at, followed.is_learnt = now, False
        self._fields[place] = followed
        if len(self._fields) > MOST_FIELDS:
            self.left(next(iter(self._fields)))
        if self._timer is None:
            self._timer = self._timers.call_at(now + QUIET_S, self._learn_quiet)

    def left(self, place: Place) -> None:
        """The field is closed: learn what was typed in it and is still there."""
        if (followed := self._fields.pop(place, None)) is not None:
            self._learn(followed, followed.text.take(is_over=True))

    def gone(self, connection: str) -> None:
        """The connection has ended: its fields are left. If a field was not quiet yet, the word at its caret
        may be unfinished. The client continues it on its next connection, which learns it.
        """
        for place in [place for place in self._fields if place[0] == connection]:
            followed = self._fields.pop(place)
            self._learn(followed, followed.text.take(is_over=followed.is_learnt))

    def forget(self, person: str) -> None:
        """Discard everything that a person has typed and that was not learnt yet."""
        for place in [place for place, one in self._fields.items() if one.person == person]:
            del self._fields[place]

    async def close(self) -> None:
        """Learn what is left, and wait for the file."""
        for place in list(self._fields):
            self.left(place)
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.to_thread(self._thread.shutdown)

    async def with_file(self, work: Callable[[WordStore], T]) -> T:
        """The result of work with the file, after everything that was handed to it before. Raises
        `WordsFileError` and what `work` raises.
        """
        return await asyncio.wrap_future(self._thread.submit(work, self._store))

    def _learn_quiet(self) -> None:
        """Learn from fields that are quiet. The next timer is for the field that falls quiet next."""
        self._timer = None
        now = self._timers.time()
        for place, followed in list(self._fields.items()):
            if followed.is_learnt or now - followed.used_at < QUIET_S:
                continue
            if followed.lasting:
                followed.is_learnt = True
                self._learn(followed, followed.text.take(is_over=False))
            else:
                self.left(place)
        waiting = [one.used_at for one in self._fields.values() if not one.is_learnt]
        if waiting:
            self._timer = self._timers.call_at(min(waiting) + QUIET_S, self._learn_quiet)

    def _begin(self, followed: _Followed) -> None:
        """Note the identity, because another process may forget the person before the field is left."""
        with contextlib.suppress(WordsFileError):  # told when the field is learnt
            followed.identity = self._store.identity(followed.person)

    def _learn(self, followed: _Followed, taken: Taken) -> None:
        if taken:
            self._thread.submit(self._store_runs, followed, taken)

    def _store_runs(self, followed: _Followed, taken: Taken) -> None:
        try:
            followed.identity = self._store.learn(followed.person, taken, self._is_known, followed.identity)
        except WordsFileError as bad:  # its message has a path
            self._lines.error("words_file", code=bad.cause)
        except Exception as error:
            logs.logger().error("learning_failed", **logs.of(error))
