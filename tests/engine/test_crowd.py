"""Many typists and greedy clients at the scheduler, in virtual time.

The times of runs are about those of SmolLM2-135M on two cores with AVX2. So the figures depend neither on
this machine nor on its load.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Sequence
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from foretype.engine.contract import Owner
from foretype.engine.deadline import Deadline
from foretype.engine.scheduler import Need, Scheduler
from foretype.runtime.chunk import Step

BUDGET_S = 0.255
PART = 24  # the tokens of one run of a long read
TEXT = 130  # tokens of a mail of 450 characters
LONG = 450  # tokens of a text of 1,900 characters
TOKENS_A_KEY = 0.27
RAMP_S, WATCHED_S = 8.0, 20.0


class JumpingSelector(selectors.DefaultSelector):
    """Does not wait for the next timer: the time jumps there."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0.0
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


class Model:
    """Its runs take as long as real ones."""

    batches = True

    async def run(self, steps: Sequence[Step]) -> list[list[None]]:
        tokens = [len(step.chunk.ids) for step in steps]
        alone = len(steps) == 1
        await asyncio.sleep(0.0055 + 0.00175 * tokens[0] if alone else 0.007 + 0.0016 * (len(steps) - 1))
        return [[None] * count for count in tokens]


class SimulatedField:
    """A field that lacks `lacking` tokens, and then needs some more runs for each keystroke."""

    trace = 0

    def __init__(self, owner: Owner, scheduler: Scheduler, random: Random, lacking: int) -> None:
        self.owner = owner
        self.overloaded: list[float] = []  # when the keystrokes arrived
        self.answered = 0
        self._scheduler = scheduler
        self._loop = asyncio.get_running_loop()
        self._random = random
        self._lacks, self._steps = lacking, 0
        self._arrived = 0.0
        self._served = True
        self._timer: asyncio.TimerHandle | None = None

    @property
    def lacking(self) -> int:
        return self._lacks or 1

    def keystroke(self) -> None:
        self._end()
        self._arrived = self._loop.time()
        self._lacks += self._random.random() < TOKENS_A_KEY
        self._steps = self._random.choice([0, 0, 1, 1, 2])
        if not self._lacks and not self._steps:
            self.answered += 1
            return
        self._served = False
        self._timer = self._loop.call_later(BUDGET_S, self._budget_is_up)
        self._scheduler.want(self, Deadline(self._arrived + BUDGET_S))  # type: ignore[arg-type]

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _budget_is_up(self) -> None:
        self._timer = None
        self._scheduler.forget(self)  # type: ignore[arg-type]
        if self._served:
            self.answered += 1
        else:
            self.overloaded.append(self._arrived)

    def prepare_run(self) -> Need | None:
        return Need(cast(Any, "pool"), self.lacking) if self._timer is not None else None

    def next_run(self, most_tokens: int | None = None) -> tuple[Any, Any]:
        ids = range(min(self.lacking, most_tokens or PART))
        return SimpleNamespace(length=0), SimpleNamespace(nodes=ids, chunk=SimpleNamespace(ids=ids))

    def record(self, run: Any, first_slot: int, distributions: Sequence[object]) -> None:
        if self._lacks:
            self._lacks = max(0, self._lacks - len(run.nodes))
        else:
            self._steps = max(0, self._steps - 1)
        self._served = self._lacks == 0
        if self._timer is None:
            return
        if self._lacks or self._steps:
            self._scheduler.want(self, Deadline(self._arrived + BUDGET_S))  # type: ignore[arg-type]
        else:
            self._end()
            self.answered += 1

    def failed(self, error: Exception) -> None:
        raise error


async def type_mails(number: int, scheduler: Scheduler, fields: list[SimulatedField]) -> None:
    """One typist at 40 words a minute, who begins at a random moment in the middle of a text."""
    random = Random(number)
    await asyncio.sleep(random.uniform(0, RAMP_S))
    begun = random.randint(0, TEXT)
    while True:
        field = SimulatedField(Owner.alone(str(number)), scheduler, random, begun)
        fields.append(field)
        for _ in range(int((TEXT - begun) / TOKENS_A_KEY)):
            field.keystroke()
            await asyncio.sleep(random.uniform(0.15, 0.45))
        begun = 2


async def send_long_texts(number: int, scheduler: Scheduler) -> None:
    """A greedy client: ten long new texts a second."""
    random = Random(number)
    while True:
        SimulatedField(Owner.alone(f"greedy {number}"), scheduler, random, LONG).keystroke()
        await asyncio.sleep(0.1)


def overloaded(typists: int, greedy: int = 0) -> tuple[int, int]:
    """The numbers of their keystrokes that were overloaded, and that were answered, after all have begun."""

    async def watch() -> tuple[int, int]:
        stages = SimpleNamespace(
            clock=asyncio.get_running_loop().time, took=_nothing, ran=_nothing, cancelled=_nothing
        )
        scheduler = Scheduler(cast(Any, Model()), asyncio.get_running_loop(), cast(Any, stages))
        fields: list[SimulatedField] = []
        tasks: list[Awaitable[None]] = [scheduler.serve()]
        tasks += [type_mails(number, scheduler, fields) for number in range(typists)]
        tasks += [send_long_texts(number, scheduler) for number in range(greedy)]
        running = [asyncio.ensure_future(task) for task in tasks]
        await asyncio.sleep(RAMP_S)
        before = sum(field.answered for field in fields)
        await asyncio.sleep(WATCHED_S)
        for task in running:
            task.cancel()
        late = [at for field in fields for at in field.overloaded if at >= RAMP_S]
        return len(late), sum(field.answered for field in fields) - before

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(watch())


def _nothing(*_: object, **__: object) -> None:
    """A measurement that nobody reads."""


@pytest.mark.parametrize(("typists", "most"), [(48, 20), (64, 120)])
def test_typists_who_begin_in_the_middle_of_a_text_are_read(typists: int, most: int) -> None:
    late, answered = overloaded(typists)
    assert late <= most
    assert answered > 50 * typists


def test_a_typist_beside_ten_greedy_clients_is_never_overloaded() -> None:
    late, answered = overloaded(1, greedy=10)
    assert late == 0
    assert answered > 50


def test_a_crowd_beside_greedy_clients_is_not_overloaded() -> None:
    late, answered = overloaded(30, greedy=5)
    assert late < 0.01 * answered
