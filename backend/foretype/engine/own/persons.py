"""The counts of the persons who type now, updated when the file of own words changes."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from foretype.engine.own.counts import Table, Tally
from foretype.engine.vocabulary import Vocabulary
from foretype.support import logs
from foretype.support.clock import Timers
from foretype.words.errors import WordsFileError
from foretype.words.store import State, WordStore

MOST_PERSONS = 32  # whose counts are in memory; the person who typed longest ago is dropped first
KEPT_S = 60.0  # a person who typed so recently is not dropped: reading the counts takes 0.1 s or more
IDLE_S = 600.0  # a person who has typed nothing for so long is dropped
LOOK_EVERY_S = 1.0


@dataclass(slots=True, eq=False)
class Person:
    """What is known of one person. `table`: None if nothing is known, or nothing yet. `tally` and `state` are
    used on the thread only.
    """

    name: str
    tally: Tally
    table: Table | None = None
    state: State = field(default_factory=State)
    typed_at: float = float("-inf")
    looked_at: float = float("-inf")
    is_looking: bool = False


class Persons:
    """Lives on the event loop; the file is read, and tables are made, on a thread of its own."""

    def __init__(self, store: WordStore, vocabulary: Vocabulary, timers: Timers) -> None:
        self._store = store
        self._vocabulary = vocabulary
        self._timers = timers
        self._persons: OrderedDict[str, Person] = OrderedDict()  # who types; the one longest ago first
        self._held: dict[str, Person] = {}  # those of them whose counts are in memory
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="own-words")
        self._looking: set[asyncio.Task[None]] = set()

    def table(self, name: str) -> Table | None:
        """The newest counts of a person; None if there are none, or not yet."""
        person = self._persons.get(name)
        return None if person is None else person.table

    def typing(self, name: str) -> None:
        """The person is about to get a suggestion: see whether the file has changed. That is done beside the
        keystroke, so the first ones may do without own words.
        """
        person = self._persons.get(name)
        if person is None:
            person = self._persons[name] = Person(name, Tally(self._vocabulary))
        self._persons.move_to_end(name)
        now = self._timers.time()
        person.typed_at = now
        self._drop_idle(now)
        if not person.is_looking and now - person.looked_at >= LOOK_EVERY_S:
            person.looked_at, person.is_looking = now, True
            task = asyncio.ensure_future(self._look(person))
            self._looking.add(task)
            task.add_done_callback(self._looking.discard)

    def _drop_idle(self, now: float) -> None:
        """The persons are in the order in which they typed, the one who typed longest ago first."""
        while (longest_ago := next(iter(self._persons.values()))).typed_at < now - IDLE_S:
            self.forget(longest_ago.name)

    def forget(self, name: str) -> None:
        """All words of the person were forgotten: none of them is used from now on."""
        self._persons.pop(name, None)
        self._held.pop(name, None)

    async def close(self) -> None:
        for task in list(self._looking):
            task.cancel()
        await asyncio.to_thread(self._thread.shutdown)

    async def _look(self, person: Person) -> None:
        try:
            # If one of these is cancelled, the engine is closing.
            if person.name not in self._held:
                there = await asyncio.wrap_future(self._thread.submit(self._store.state, person.name))
                if there == State() or not self._hold(person):
                    return
            changed = await asyncio.wrap_future(self._thread.submit(self._read, person))
        except WordsFileError as bad:
            logs.logger().error("words_file", code=bad.cause)
            person.looked_at += 60 * LOOK_EVERY_S
            return
        finally:
            person.is_looking = False
        for table in changed:
            person.table = table  # if the person was forgotten meanwhile, nobody asks this object any more
            if table is None and self._held.get(person.name) is person:
                del self._held[person.name]

    def _hold(self, person: Person) -> bool:
        """Whether there is room for the person's counts."""
        if self._persons.get(person.name) is not person:  # forgotten meanwhile
            return False
        if len(self._held) >= MOST_PERSONS:
            longest_ago = min(self._held.values(), key=lambda one: one.typed_at)
            if longest_ago.typed_at > self._timers.time() - KEPT_S:
                return False
            self.forget(longest_ago.name)
        self._held[person.name] = person
        return True

    def _read(self, person: Person) -> tuple[Table | None, ...]:
        """The new table, if anything has changed. On the thread, which alone uses the tally and the state."""
        changes = self._store.changes(person.name, person.state)
        if changes.state == person.state and not changes.is_whole:
            return ()
        person.state = changes.state
        person.tally.take(changes)
        return (person.tally.table(),)
