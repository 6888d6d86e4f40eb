"""The scheduler chooses the field that gets the model next, and an error of one field does not affect the
others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from foretype.engine.contract import Owner
from foretype.engine.deadline import Deadline
from foretype.engine.pressure import Effort
from foretype.engine.scheduler import FEW_TOKENS, TOKENS_A_PART, ModelQueue, Need, Scheduler
from foretype.engine.shares import Demand, Purpose
from foretype.engine.tree.trie import Run
from foretype.runtime.arena import Arena, Pool
from foretype.runtime.chunk import MOST_TEXTS, Chunk, Step
from foretype.runtime.distribution import Distribution
from foretype.runtime.host_pool import HostPool
from foretype.runtime.ranks import Ranks
from foretype.runtime.thread import ModelThread
from foretype.support.metrics import Stages
from tests.fake_time import FakeTimers
from tests.runtime.as_onnx_runtime import failed_run
from tests.scripted_model import GEOMETRY

ME = Owner.alone("me")
GREEDY = Owner.alone("greedy")
RUN_MS = 62.5  # in seconds a float without an error, so that sums can be equal
POOL = HostPool(GEOMETRY, 8, 16)
TWO_TOKENS = Ranks(np.arange(2), np.array([], np.int64), np.zeros(2, np.float32), top=1)
NOTHING_IS_LIKELY = Distribution.of(np.zeros(2, np.float32), TWO_TOKENS)


class OneRun:
    """A field that needs a run of `tokens` tokens, or no longer needs one."""

    def __init__(
        self, name: str, log: list[str], *, overtaken: bool = False, tokens: int = 9, owner: Owner = ME
    ) -> None:
        self.name = name
        self.owner = owner
        self.placed = True
        self.log = log
        self.overtaken = overtaken
        self.tokens = tokens
        self.arena = POOL.take()
        self.scheduler: ModelQueue | None = None
        self.ended = asyncio.Event()

    @property
    def lacking(self) -> int | None:
        return self.tokens if self.placed else None

    @property
    def trace(self) -> int:
        return 0

    def prepare_run(self) -> Need | None:
        if self.overtaken:
            self.ended.set()
            return None
        return Need(POOL, self.tokens)

    def next_run(self, most_tokens: int | None = None) -> tuple[Arena, Run]:
        tokens = self.tokens if most_tokens is None else min(self.tokens, most_tokens)
        every = np.arange(tokens)
        assert self.arena is not None
        return self.arena, Run(Chunk(every, every, None, every[-1:]), [])

    def record(self, run: Run, first_slot: int, distributions: Sequence[Distribution]) -> None:
        self.log.append(self.name)
        self.tokens -= len(run.chunk.ids)
        self.ended.set()

    def failed(self, error: Exception) -> None:
        self.log.append(f"{self.name}: {type(error).__name__}")
        self.ended.set()


class LongRead(OneRun):
    """A field that gets its tokens in parts, and asks for the next part after each."""

    part = 6

    def record(self, run: Run, first_slot: int, distributions: Sequence[Distribution]) -> None:
        self.log.append(self.name)
        self.tokens -= len(run.chunk.ids)
        if self.tokens:
            assert self.scheduler is not None
            self.scheduler.want(self, Deadline(1.0))
        else:
            self.ended.set()

    def next_run(self, most_tokens: int | None = None) -> tuple[Arena, Run]:
        return super().next_run(self.part)


class CountingRuntime:
    provider = "none"
    batches = True
    slot_bytes = 1
    warms_beginnings = False
    own_bytes = 0

    def __init__(self, fail_at: int = -1, timers: FakeTimers | None = None) -> None:
        """On `timers` a run takes RUN_MS."""
        self.runs: list[tuple[int, int]] = []  # fields and tokens of each run
        self.fail_at = fail_at
        self.timers = timers

    def reopen(self) -> None:
        pass

    def warm_up(self, pool: Pool) -> None:
        pass

    def new_pool(self, rows: int, capacity: int) -> Pool:
        return HostPool(GEOMETRY, rows, capacity)

    def run(self, arena: Arena, chunk: Chunk) -> list[Distribution]:
        return self._run(1, len(chunk.ids), len(chunk.rows))

    def run_together(self, steps: Sequence[Step]) -> list[Distribution]:
        assert all(len(step.chunk.ids) == 1 for step in steps)
        return self._run(len(steps), len(steps), sum(len(step.chunk.rows) for step in steps))

    def _run(self, fields: int, tokens: int, rows: int) -> list[Distribution]:
        self.runs.append((fields, tokens))
        if self.timers is not None:
            self.timers.advance(RUN_MS)
        if len(self.runs) == self.fail_at:
            raise failed_run("a kernel failed")
        return [NOTHING_IS_LIKELY] * rows


async def serve(
    runtime: CountingRuntime, wants: list[tuple[OneRun, Deadline]], stages: Stages | None = None
) -> Scheduler:
    thread = ModelThread(runtime)
    timers = runtime.timers or asyncio.get_running_loop()
    scheduler = Scheduler(timers, stages or Stages(CollectorRegistry()))
    queue = scheduler.queue(thread)
    for client, deadline in wants:
        client.scheduler = queue
        queue.want(client, deadline)
    serving = asyncio.ensure_future(scheduler.serve())
    await asyncio.wait_for(asyncio.gather(*(client.ended.wait() for client, _ in wants)), 10)
    serving.cancel()
    await thread.stop()
    return scheduler


async def test_the_earliest_deadline_goes_first_and_work_without_a_deadline_last() -> None:
    log: list[str] = []
    late, never, soon = (OneRun(name, log) for name in ("late", "never", "soon"))
    await serve(
        CountingRuntime(), [(never, Deadline.whenever()), (late, Deadline(2.0)), (soon, Deadline(1.0))]
    )
    assert log == ["soon", "late", "never"]


async def test_an_overtaken_field_does_not_run() -> None:
    log: list[str] = []
    runtime = CountingRuntime()
    await serve(
        runtime,
        [(OneRun("gone", log, overtaken=True), Deadline(1.0)), (OneRun("there", log), Deadline(2.0))],
    )
    assert log == ["there"]
    assert len(runtime.runs) == 1


async def test_a_run_that_fails_is_reported_to_its_field_and_the_others_are_served() -> None:
    log: list[str] = []
    await serve(
        CountingRuntime(fail_at=1), [(OneRun("one", log), Deadline(1.0)), (OneRun("two", log), Deadline(2.0))]
    )
    assert log == ["one: RuntimeError", "two"]


async def test_after_a_run_without_memory_the_next_is_made_and_nothing_ahead() -> None:
    class Short(CountingRuntime):
        def _run(self, fields: int, tokens: int, rows: int) -> list[Distribution]:
            if not self.runs:
                self.runs.append((0, 0))
                raise failed_run("std::bad_alloc")
            return super()._run(fields, tokens, rows)

    log: list[str] = []
    scheduler = await serve(
        Short(), [(OneRun("one", log), Deadline(1.0)), (OneRun("two", log), Deadline(2.0))]
    )
    assert log == ["one: OutOfMemoryError", "two"]
    assert scheduler.pressure.effort <= Effort.NOTHING_AHEAD


async def test_an_error_while_a_run_is_prepared_does_not_stop_the_other_fields() -> None:
    class Lost(OneRun):
        def prepare_run(self) -> Need | None:
            raise ValueError("no idea")

    class Broken(OneRun):
        def next_run(self, most_tokens: int | None = None) -> tuple[Arena, Run]:
            raise ValueError("no room")

    log: list[str] = []
    await serve(
        CountingRuntime(),
        [
            (Lost("lost", log), Deadline(0.5)),
            (Broken("broken", log), Deadline(1.0)),
            (OneRun("two", log), Deadline(2.0)),
        ],
    )
    assert log == ["lost: ValueError", "broken: ValueError", "two"]


async def test_asking_again_replaces_the_deadline() -> None:
    log: list[str] = []
    one, two = OneRun("one", log), OneRun("two", log)
    await serve(CountingRuntime(), [(one, Deadline(1.0)), (two, Deadline(2.0)), (one, Deadline(3.0))])
    assert log == ["two", "one"]


async def test_fields_that_need_few_tokens_share_runs_a_token_each() -> None:
    log: list[str] = []
    runtime = CountingRuntime()
    clients = [OneRun(str(n), log, tokens=1 + n % FEW_TOKENS) for n in range(5)]
    await serve(runtime, [(client, Deadline(float(n))) for n, client in enumerate(clients)])
    assert runtime.runs == [(5, 5)]
    assert log == ["0", "1", "2", "3", "4"]


async def test_a_field_that_needs_many_tokens_and_work_ahead_get_runs_of_their_own() -> None:
    log: list[str] = []
    runtime = CountingRuntime()
    much, ahead = OneRun("much", log, tokens=FEW_TOKENS + 1), OneRun("ahead", log, tokens=1)
    one, two = (OneRun(name, log, tokens=1) for name in ("one", "two"))
    wants = [(ahead, Deadline.whenever()), (one, Deadline(1.0)), (much, Deadline(2.0)), (two, Deadline(3.0))]
    await serve(runtime, wants)
    assert runtime.runs == [(2, 2), (1, FEW_TOKENS + 1), (1, 1)]
    assert log == ["one", "two", "much", "ahead"]


async def test_a_shared_run_that_fails_is_reported_to_each_of_its_fields() -> None:
    log: list[str] = []
    one, two, three = (OneRun(name, log, tokens=1) for name in ("one", "two", "three"))
    runtime = CountingRuntime(fail_at=1)
    await serve(runtime, [(one, Deadline(1.0)), (two, Deadline(2.0)), (three, Deadline.whenever())])
    assert log == ["one: RuntimeError", "two: RuntimeError", "three"]


async def test_a_run_serves_a_limited_number_of_fields() -> None:
    pool = HostPool(GEOMETRY, MOST_TEXTS + 2, 16)
    log: list[str] = []
    runtime = CountingRuntime()
    clients = [OneRun(str(n), log, tokens=1) for n in range(MOST_TEXTS + 2)]
    for client in clients:
        client.arena = pool.take()
    await serve(runtime, [(client, Deadline(float(n))) for n, client in enumerate(clients)])
    assert [fields for fields, _ in runtime.runs] == [MOST_TEXTS, 2]


async def test_only_work_that_a_client_waits_for_counts_as_pressure() -> None:
    log: list[str] = []
    idle = await serve(CountingRuntime(), [(OneRun("ahead", log), Deadline.whenever())])
    busy = await serve(CountingRuntime(), [(OneRun("now", log), Deadline(1.0))])
    assert idle.pressure.share == 0.0
    assert busy.pressure.share > 0.0


# -- owners --


async def test_an_owner_with_many_fields_does_not_go_before_another_one_with_a_later_deadline() -> None:
    log: list[str] = []
    many = [OneRun(f"greedy {n}", log, owner=GREEDY) for n in range(4)]
    one = OneRun("mine", log)
    wants = [*((client, Deadline(1.0)) for client in many), (one, Deadline(2.0))]
    await serve(CountingRuntime(timers=FakeTimers()), wants)
    assert log == ["greedy 0", "mine", "greedy 1", "greedy 2", "greedy 3"]


async def test_a_keystroke_of_another_owner_goes_between_the_parts_of_a_long_read() -> None:
    log: list[str] = []
    read, one = LongRead("read", log, owner=GREEDY, tokens=18), OneRun("mine", log)
    await serve(CountingRuntime(timers=FakeTimers()), [(read, Deadline(1.0)), (one, Deadline(2.0))])
    assert log == ["read", "mine", "read", "read"]


async def test_typing_goes_between_the_long_reads_of_any_number_of_owners() -> None:
    log: list[str] = []
    reads = [LongRead("read", log, owner=Owner.alone(str(n)), tokens=12) for n in range(4)]
    typing = LongRead("typing", log, tokens=FEW_TOKENS)
    typing.part = 1
    wants = [*((client, Deadline(1.0)) for client in reads), (typing, Deadline(2.0))]
    await serve(CountingRuntime(timers=FakeTimers()), wants)
    assert log == ["read", "typing"] * FEW_TOKENS + ["read"] * 4


class Asked(OneRun):
    """Logs the most tokens that its runs may have."""

    def next_run(self, most_tokens: int | None = None) -> tuple[Arena, Run]:
        self.log.append(str(most_tokens))
        return super().next_run(most_tokens)


async def test_a_long_read_is_made_in_shorter_parts_while_a_keystroke_of_another_owner_waits() -> None:
    log: list[str] = []
    read, other = Asked("read", log), OneRun("other", log, owner=GREEDY)
    await serve(CountingRuntime(), [(read, Deadline(1.0)), (other, Deadline(2.0))])
    assert log == [str(TOKENS_A_PART), "read", "other"]


async def test_a_long_read_beside_work_ahead_and_fields_of_the_same_owner_is_not_made_in_shorter_parts() -> (
    None
):
    log: list[str] = []
    read, too, ahead = Asked("read", log), OneRun("too", log), OneRun("ahead", log, owner=GREEDY)
    wants = [(ahead, Deadline.whenever()), (read, Deadline(1.0)), (too, Deadline(2.0))]
    await serve(CountingRuntime(), wants)
    assert log == ["None", "read", "too", "ahead"]


async def test_connections_of_one_token_count_as_one_owner() -> None:
    log: list[str] = []
    many = [OneRun(f"greedy {n}", log, owner=Owner("fixed", str(n))) for n in range(3)]
    mine = [OneRun(f"mine {n}", log) for n in range(2)]
    wants = [(client, Deadline(float(n))) for n, client in enumerate([*many, *mine])]
    await serve(CountingRuntime(timers=FakeTimers()), wants)
    assert log == ["greedy 0", "mine 0", "greedy 1", "mine 1", "greedy 2"]


async def test_fields_of_as_many_owners_as_a_run_serves_share_it() -> None:
    pool = HostPool(GEOMETRY, MOST_TEXTS, 16)
    log: list[str] = []
    runtime = CountingRuntime()
    clients = [OneRun(str(n), log, tokens=1, owner=Owner.alone(str(n))) for n in range(MOST_TEXTS)]
    for client in clients:
        client.arena = pool.take()
    await serve(runtime, [(client, Deadline(float(n))) for n, client in enumerate(clients)])
    assert runtime.runs == [(MOST_TEXTS, MOST_TEXTS)]


async def test_an_owner_with_many_fields_does_not_fill_a_shared_run() -> None:
    pool = HostPool(GEOMETRY, 2 * MOST_TEXTS, 16)
    log: list[str] = []
    many = [OneRun("greedy", log, tokens=1, owner=GREEDY) for _ in range(MOST_TEXTS + 1)]
    others = [OneRun(name, log, tokens=1, owner=Owner.alone(name)) for name in "ab"]
    for client in [*many, *others]:
        client.arena = pool.take()
    wants = [*((client, Deadline(1.0)) for client in many), *((client, Deadline(2.0)) for client in others)]
    await serve(CountingRuntime(), wants)
    assert log[:3] == ["greedy", "a", "b"]  # the first run
    assert log[3:] == ["greedy"] * MOST_TEXTS


async def test_a_shared_run_is_charged_to_its_owners_in_equal_parts() -> None:
    log: list[str] = []
    pair = [OneRun(name, log, tokens=1, owner=Owner.alone(name)) for name in "ab"]
    scheduler = await serve(
        CountingRuntime(timers=FakeTimers()), [(client, Deadline(1.0)) for client in pair]
    )
    used = [scheduler._shares._tokens[Purpose.TYPING][client.owner.token] for client in pair]
    assert used == pytest.approx([RUN_MS / 2000, RUN_MS / 2000])


async def test_work_ahead_is_not_charged() -> None:
    log: list[str] = []
    ahead = OneRun("ahead", log)
    scheduler = await serve(CountingRuntime(timers=FakeTimers()), [(ahead, Deadline.whenever())])
    assert scheduler._shares.used(Demand(Purpose.READING, ME)) == (0.0, 0.0, 0.0)


class BusySeconds:
    """What the counter of busy seconds shows after a run on the fake clock took RUN_MS."""

    def __init__(self) -> None:
        self.timers = FakeTimers()
        self.registry = CollectorRegistry()
        self.stages = Stages(self.registry, self.timers.time)

    def __call__(self, for_what: str) -> float | None:
        return self.registry.get_sample_value("foretype_model_busy_seconds_total", {"for": for_what})


async def test_busy_seconds_are_counted_for_keystrokes_and_ahead_of_them() -> None:
    log: list[str] = []
    busy = BusySeconds()
    assert (busy("keystroke"), busy("ahead")) == (0.0, 0.0)
    shared = [OneRun(name, log, tokens=1, owner=Owner.alone(name)) for name in "ab"]
    wants = [(client, Deadline(200.0)) for client in shared]
    wants += [(OneRun("read", log), Deadline(201.0)), (OneRun("ahead", log), Deadline.whenever())]
    await serve(CountingRuntime(timers=busy.timers), wants, busy.stages)
    assert busy("keystroke") == 2 * RUN_MS / 1000  # a run for two keystrokes is counted once
    assert busy("ahead") == RUN_MS / 1000


async def test_the_model_was_busy_with_a_run_that_failed() -> None:
    busy = BusySeconds()
    runtime = CountingRuntime(fail_at=1, timers=busy.timers)
    await serve(runtime, [(OneRun("one", []), Deadline(200.0))], busy.stages)
    assert (busy("keystroke"), busy("ahead")) == (RUN_MS / 1000, 0.0)


async def test_a_field_that_is_not_placed_joins_no_run_of_others() -> None:
    log: list[str] = []
    runtime = CountingRuntime()
    first, second, third = (OneRun(name, log, tokens=1) for name in ("first", "second", "third"))
    second.placed = False
    wants = [(first, Deadline(1.0)), (second, Deadline(2.0)), (third, Deadline(3.0))]
    await serve(runtime, wants)
    assert log == ["first", "third", "second"]
    assert runtime.runs == [(2, 2), (1, 1)]


class Postponed(OneRun):
    """A field whose keystroke is placed, and answered without the model, when its turn comes. It wants a run
    ahead then.
    """

    def prepare_run(self) -> Need | None:
        if self.placed:
            return super().prepare_run()
        self.placed = True
        assert self.scheduler is not None
        self.scheduler.forget(self)
        self.scheduler.want(self, Deadline.whenever())
        return None


async def test_a_run_that_is_wanted_while_another_turns_out_to_be_unnecessary_is_made() -> None:
    log: list[str] = []
    postponed = Postponed("postponed", log)
    postponed.placed = False
    scheduler = await serve(CountingRuntime(), [(postponed, Deadline(1.0))])
    assert log == ["postponed"]
    assert len(scheduler) == 0


async def test_others_wait_if_another_keystroke_of_the_same_owner_does() -> None:
    log: list[str] = []
    thread = ModelThread(CountingRuntime())
    queue = Scheduler(FakeTimers(), Stages(CollectorRegistry())).queue(thread)
    await thread.stop()
    mine, too, theirs = OneRun("mine", log), OneRun("too", log), OneRun("theirs", log, owner=GREEDY)
    queue.want(mine, Deadline(1.0))
    assert not queue.others_wait(mine)
    assert not queue.others_wait(theirs)
    assert queue.others_wait(too)
    queue.want(mine, Deadline.whenever())
    assert not queue.others_wait(too)
    queue.want(mine, Deadline(1.0))
    queue.forget(mine)
    assert not queue.others_wait(too)


# -- several models --------------------------------------------------------------------------------


class NamedRuntime(CountingRuntime):
    def __init__(self, name: str, log: list[str]) -> None:
        super().__init__()
        self.name = name
        self.log = log

    def _run(self, fields: int, tokens: int, rows: int) -> list[Distribution]:
        self.log.append(f"{self.name} runs {fields}")
        return super()._run(fields, tokens, rows)


async def test_a_keystroke_of_one_model_comes_before_work_ahead_of_another() -> None:
    log: list[str] = []
    names = {name: ModelThread(NamedRuntime(name, log)) for name in ("small", "large")}
    scheduler = Scheduler(FakeTimers(), Stages(CollectorRegistry()))
    small, large = (scheduler.queue(thread, name) for name, thread in names.items())
    clients = [OneRun(str(number), [], tokens=1, owner=Owner.alone(str(number))) for number in range(4)]
    small.want(clients[0], Deadline.whenever())
    large.want(clients[1], Deadline.whenever())
    large.want(clients[2], Deadline(2.0))
    small.want(clients[3], Deadline(1.0))
    serving = asyncio.ensure_future(scheduler.serve())
    await asyncio.wait_for(asyncio.gather(*(client.ended.wait() for client in clients)), 10)
    serving.cancel()
    for thread in names.values():
        await thread.stop()
    assert log == ["small runs 1", "large runs 1", "small runs 1", "large runs 1"]


async def test_fields_of_two_models_do_not_share_a_run_and_those_of_one_do() -> None:
    log: list[str] = []
    names = {name: ModelThread(NamedRuntime(name, log)) for name in ("small", "large")}
    scheduler = Scheduler(FakeTimers(), Stages(CollectorRegistry()))
    queues = [scheduler.queue(thread, name) for name, thread in names.items()]
    clients = [OneRun(str(number), [], tokens=1) for number in range(6)]
    for number, client in enumerate(clients):
        queues[number % 2].want(client, Deadline(float(number)))
    serving = asyncio.ensure_future(scheduler.serve())
    await asyncio.wait_for(asyncio.gather(*(client.ended.wait() for client in clients)), 10)
    serving.cancel()
    for thread in names.values():
        await thread.stop()
    assert log == ["small runs 3", "large runs 3"]
