"""Types the same texts at both servers, in turns, and reads what each of them used."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import aiohttp

from latency.paths import OUT
from latency.replay.connection import Connection
from latency.replay.figures import TypedText, summarise
from latency.replay.plain_typing import answers_to
from latency.replay.server import OwnServer, own_server
from latency.replay.server_metrics import ModelWork, read_model_work
from latency.replay.type_text import Manner, TypedField, type_text
from latency.replay.usage import Meter
from latency.versus.checkout import Checkout
from latency.versus.figures import Seen
from latency.versus.memory import Memory, read_memory

IDLE_S = 0.5  # a server is idle if it has used no more than IDLE_SHARE of a core for this time
IDLE_SHARE = 0.02
MOST_IDLE_CHECKS = 120
NEW_FIELDS = 10
NEW_FIELD_CHARS = 300
FIELDS = 4
MANY_MAILS = 20
KEYS_IN_EACH = 12


@dataclass(frozen=True, slots=True)
class Task:
    """`texts` are typed at the speed of a person; `mails` are only opened, for the figures of memory and of
    new fields.
    """

    texts: Sequence[str]
    mails: Sequence[str]
    manner: Manner


@dataclass(slots=True)
class _Side:
    """One of the two servers, and what has been seen of it."""

    server: OwnServer
    connection: Connection
    meter: Meter
    typed: list[TypedText] = field(default_factory=list)
    cpu_s: float = 0.0
    work: list[ModelWork] = field(default_factory=list)
    new_field_first_ms: list[float] = field(default_factory=list)
    memory: dict[str, Memory] = field(default_factory=dict)

    def seen(self) -> Seen:
        figures = summarise(self.typed, budget_ms=self.connection.welcome.budget_ms)
        return Seen(figures, self.cpu_s, self.work, self.new_field_first_ms, self.memory)


async def contest(
    checkouts: Sequence[Checkout], task: Task, progress: Callable[[], None] = lambda: None
) -> list[Seen]:
    """What was seen of each checkout's server, in their order. `progress` is called after each text.

    Raises `ServerLostError` and `NoProcessError`.
    """
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        sides = [await _side(stack, http, checkout) for checkout in checkouts]
        for number, text in enumerate(task.texts):
            # The second place is no advantage to one of them: they change places after each text.
            for side in sides if number % 2 == 0 else reversed(sides):
                await _type(http, side, f"mail-{number}", text, task.manner)
            progress()
        for side in sides:
            side.memory["typist"] = read_memory(side.meter, side.server.pid)
        for number, mail in enumerate(task.mails[:NEW_FIELDS]):
            for side in sides if number % 2 == 0 else reversed(sides):
                side.new_field_first_ms.append(await _first_in_new_field(side, f"new-{number}", mail))
        for side in sides:
            await _open_fields(side, task.mails)
            await _type_many(side, task.mails)
        return [side.seen() for side in sides]


async def _side(stack: AsyncExitStack, http: aiohttp.ClientSession, checkout: Checkout) -> _Side:
    log = OUT / "versus" / f"{checkout.name}.log"
    server = await stack.enter_async_context(
        own_server(log, unlimited_rate=True, settings=checkout.settings, program=checkout.program)
    )
    connection = await stack.enter_async_context(Connection(http, server.address, server.token))
    side = _Side(server, connection, Meter(server.pid))
    await _idle(side.meter)  # it may still read the beginnings of texts
    return side


async def _type(http: aiohttp.ClientSession, side: _Side, name: str, text: str, manner: Manner) -> None:
    """Work ahead of the last key counts too: the processor time is read when the server is idle again."""
    before, work = side.meter.cpu_s(), await read_model_work(http, side.server.address)
    side.typed.append(await type_text(side.connection, name, text, manner, stop=asyncio.Event()))
    await _idle(side.meter)
    side.cpu_s += side.meter.cpu_s() - before
    side.work.append((await read_model_work(http, side.server.address)).since(work))


async def _idle(meter: Meter) -> None:
    """Waits until the server has nothing more to do, and at most for a minute."""
    for _ in range(MOST_IDLE_CHECKS):
        before = meter.cpu_s()
        await asyncio.sleep(IDLE_S)
        if meter.cpu_s() - before <= IDLE_SHARE * IDLE_S:
            return


async def _first_in_new_field(side: _Side, name: str, mail: str) -> float:
    """Milliseconds to the final answer in a new field that already has 300 characters."""
    typed_field = TypedField()
    begun = min(NEW_FIELD_CHARS, len(mail) - 1)
    await type_text(
        side.connection,
        name,
        mail[: begun + 1],
        Manner(wpm=None, kind="email"),
        stop=asyncio.Event(),
        begun=begun,
        typed_field=typed_field,
    )
    await _idle(side.meter)
    sent = typed_field.ledger.keystrokes()[0]
    return (sent.final - sent.at) * 1000 if sent.final is not None else float("inf")


async def _open_fields(side: _Side, mails: Sequence[str]) -> None:
    """Four fields are open at the same time, each with the beginning of a mail."""
    names = [f"open-{number}" for number in range(FIELDS)]
    for name, mail in zip(names, mails, strict=False):
        await _some_keys(side, name, mail)
    await _idle(side.meter)
    side.memory["four_fields"] = read_memory(side.meter, side.server.pid)
    for name in names:
        await side.connection.forget(name)


async def _type_many(side: _Side, mails: Sequence[str]) -> None:
    """Twenty mails, one after the other, of each a dozen keys after its beginning."""
    for number in range(MANY_MAILS):
        name = f"many-{number}"
        await _some_keys(side, name, mails[number % len(mails)])
        await side.connection.forget(name)
    await _idle(side.meter)
    side.memory["many_mails"] = read_memory(side.meter, side.server.pid)


async def _some_keys(side: _Side, name: str, mail: str) -> None:
    befores = (mail[: NEW_FIELD_CHARS + key] for key in range(KEYS_IN_EACH))
    async for _ in answers_to(side.connection, name, befores):
        pass
