"""The response times of one typist beside clients that send long new texts without a pause.

`python -m latency.greedy --check greedy`
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from os import getpid
from pathlib import Path
from typing import Annotated

import aiohttp
import typer
from rich.console import Console
from rich.table import Table

from foretype.server.pairing import Pairing
from foretype.support.settings import load
from latency.ascending import ascending
from latency.budget import find_optional_budget
from latency.capacity.crowd import Crowd
from latency.capacity.load_step import LoadStep, watch
from latency.capacity.report import column_of
from latency.command import errors_as_sentences, new_app
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.machine import machine
from latency.options import Chars, Check, FiguresFile, Model, Seed, Texts, Wpm
from latency.paths import MAILS, OUT
from latency.replay.connection import Connection
from latency.replay.server import STARTING, OwnServer, own_server
from latency.replay.texts import read_texts
from latency.replay.type_text import Manner
from latency.replay.usage import Meter
from latency.shapes import settings_for
from latency.verdicts import exit_if_missed

RAMP_S = 3.0  # from the first text of the greedy clients until the typist is watched
PREPARED_TEXTS = 500  # a number at the beginning makes each text new

app = new_app()


@dataclass(frozen=True, slots=True)
class Greed:
    """The load of each greedy client, over its `connections` connections together.

    new_fields: each text comes in a field of its own, and the oldest one of `fields` is closed for it.
    """

    texts_a_second: float
    fields: int
    connections: int
    new_fields: bool


class GreedyClient:
    """Sends texts at a steady pace, whatever is answered. It uses little processor time, so that the server
    is measured: the texts are serialised before, and answers are not parsed.
    """

    def __init__(self, address: str, token: str, tails: Sequence[str], greed: Greed) -> None:
        """`tails`: the texts as JSON, without their first quotation mark."""
        self.outcomes: Counter[str] = Counter()
        self._address = address
        self._token = token
        self._tails = tails
        self._greed = greed

    async def send(self, http: aiohttp.ClientSession) -> None:
        """Until it is cancelled."""
        async with contextlib.AsyncExitStack() as stack:
            sockets = [
                await stack.enter_async_context(self._connect(http)) for _ in range(self._greed.connections)
            ]
            begin = time.perf_counter()
            for number in count():
                delay = begin + number / self._greed.texts_a_second - time.perf_counter()
                await asyncio.sleep(max(0.0, delay))
                socket = sockets[number % len(sockets)]
                for frame in self._frames(number // len(sockets), number):
                    await socket.send_str(frame)
                self.outcomes["sent"] += 1

    def _frames(self, turn: int, number: int) -> list[str]:
        """The text `number`, which is number `turn` on its connection."""
        greed = self._greed
        name = turn if greed.new_fields else turn % greed.fields
        tail = self._tails[number % len(self._tails)]
        frame = f'{{"type":"keystroke","field":"{name}","seq":{turn},"after":"","before":"{number} {tail}}}'
        if greed.new_fields and turn >= greed.fields:
            return [f'{{"type":"close","field":"{turn - greed.fields}"}}', frame]
        return [frame]

    @contextlib.asynccontextmanager
    async def _connect(self, http: aiohttp.ClientSession) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        async with http.ws_connect(
            f"{self._address}/v1/socket", protocols=("foretype.v1",), compress=0
        ) as socket:
            await socket.send_json({"type": "hello", "token": self._token, "client": "foretype-greedy/0.1"})
            reader = asyncio.create_task(self._count(socket))
            try:
                yield socket
            finally:
                reader.cancel()

    async def _count(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            if frame.type is aiohttp.WSMsgType.TEXT:
                self.outcomes[outcome_of(frame.data)] += 1
        self.outcomes["lost"] += 1


def outcome_of(frame: str) -> str:
    """The source of a final suggestion, the code of an error, else “other”."""
    for kind in ('"code":"', '"source":"'):
        _, found, rest = frame.partition(kind)
        if found and ('"final":true' in frame or kind == '"code":"'):
            return rest.partition('"')[0]
    return "other"


@dataclass(frozen=True, slots=True)
class Beside:
    """The typist beside `greedy` clients, and what happened to the texts of those clients together."""

    greedy: int
    typist: LoadStep
    outcomes: dict[str, int]

    def flat(self) -> dict[str, float | None]:
        """By the names of the table `greedy` in `budget.toml`: the typist's figures."""
        return self.typist.flat() | {"greedy_clients": float(self.greedy)}


@app.command()
def main(
    model: Model = "smollm2-135m",
    greedy: Annotated[
        str, typer.Option(help="The steps: how many greedy clients send texts beside the typist.")
    ] = "0,1,10",
    hold: Annotated[float, typer.Option(help="How many seconds the typist is watched in each step.")] = 45.0,
    texts_a_second: Annotated[float, typer.Option(help="Texts a second of each greedy client.")] = 50.0,
    long: Annotated[int, typer.Option(help="Characters of each text of a greedy client.")] = 1900,
    fields: Annotated[int, typer.Option(help="Fields that a greedy client has open per connection.")] = 50,
    connections: Annotated[int, typer.Option(help="Connections that each greedy client has.", min=1)] = 1,
    new_fields: Annotated[
        bool, typer.Option("--new-fields", help="Send each text in a new field, and close the oldest one.")
    ] = False,
    one_token: Annotated[
        bool, typer.Option("--one-token", help="All clients have the fixed token, in place of their own.")
    ] = False,
    server_from: Annotated[
        Path | None, typer.Option(help="A folder with another checkout whose server is measured instead.")
    ] = None,
    wpm: Wpm = 60.0,
    texts: Texts = MAILS,
    chars: Chars = 450,
    seed: Seed = 0,
    json: FiguresFile = OUT / "greedy.json",
    check: Check = None,
) -> None:
    """Measure how a typist is served beside clients that send long new texts without a pause.

    It starts a server from this checkout. One typist types real mail with a token of its own. Beside it, each
    greedy client sends long texts that the server has not seen. The limits of `--check` are for the typist in
    the last step.

    **Examples**

    * `python -m latency.greedy --check greedy` — whether ten greedy clients starve a typist, 3 minutes

    * `python -m latency.greedy --greedy 10 --hold 10` — a short try

    * `python -m latency.greedy --server-from ../old` — the same for the server of another checkout
    """
    console = Console()
    budget = find_optional_budget(check)
    with errors_as_sentences(console, "greedy"):
        numbers = ascending("--greedy", greedy, least=0)
        greed = Greed(texts_a_second, fields, connections, new_fields)
        mails = read_texts(texts, chars=chars)
        tails = serialised(read_texts(texts, chars=4 * long), long)
        with tempfile.TemporaryDirectory() as state:
            settings = settings_for(model) | {"FORETYPE_STATE_DIR": state}
            if server_from is not None:
                settings |= {"PYTHONPATH": str(server_from / "backend")}
                settings = {"FORETYPE_MODELS_DIR": str(load().models_dir)} | settings
            manner = Manner(wpm, kind="email", seed=seed)
            tokens = None if one_token else [paired_token(Path(state)) for _ in range(1 + max(numbers))]
            steps = run(_measure(settings, numbers, tokens, greed, mails, tails, manner, hold, console))
    print_steps(model, steps, console)
    write_figures(json, {"flat": steps[-1].flat(), "model": model, "steps": [asdict(one) for one in steps]})
    console.print(f"Figures written to {json}", soft_wrap=True)
    exit_if_missed(budget, steps[-1].flat(), console)


def serialised(texts: Sequence[str], chars: int) -> list[str]:
    """`PREPARED_TEXTS` texts of `chars` characters, as JSON without the first quotation mark. They begin at
    different places of `texts`. Eight characters are left for a number.
    """
    whole = " ".join(texts)
    whole *= 1 + chars // len(whole)
    step = max(1, (len(whole) - chars) // PREPARED_TEXTS)
    return [json.dumps(whole[n * step :][: chars - 8])[1:] for n in range(PREPARED_TEXTS)]


def paired_token(state: Path) -> str:
    pairing = Pairing(state)
    token = pairing.redeem(pairing.own_code(), "foretype-greedy/0.1")
    assert token is not None
    return token


async def _measure(
    settings: dict[str, str],
    numbers: Sequence[int],
    tokens: Sequence[str] | None,
    greed: Greed,
    mails: Sequence[str],
    tails: Sequence[str],
    manner: Manner,
    hold_s: float,
    console: Console,
) -> list[Beside]:
    console.print(STARTING)
    steps = []
    async with (
        own_server(OUT / "greedy-server.log", settings=settings) as server,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
    ):
        mine, *others = tokens or [server.token] * (1 + max(numbers))
        async with Connection(http, server.address, mine) as connection:
            budget_ms = connection.welcome.budget_ms
        async with Crowd(http, server.address, mine, mails, manner) as crowd:
            await crowd.grow(1, RAMP_S)
            for number in numbers:
                clients = [GreedyClient(server.address, token, tails, greed) for token in others[:number]]
                async with _sending(clients, http):
                    step = await _beside(clients, crowd, server, hold_s, budget_ms)
                steps.append(step)
    return steps


async def _beside(
    clients: Sequence[GreedyClient], crowd: Crowd, server: OwnServer, hold_s: float, budget_ms: float
) -> Beside:
    await asyncio.sleep(RAMP_S)
    before = _all_outcomes(clients)
    typist = await watch(crowd, 1, Meter(server.pid), Meter(getpid()), seconds=hold_s, budget_ms=budget_ms)
    return Beside(len(clients), typist, dict(_all_outcomes(clients) - before))


def _all_outcomes(clients: Sequence[GreedyClient]) -> Counter[str]:
    return sum((client.outcomes for client in clients), Counter())


@contextlib.asynccontextmanager
async def _sending(clients: Sequence[GreedyClient], http: aiohttp.ClientSession) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(client.send(http)) for client in clients]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def print_steps(model: str, steps: Sequence[Beside], console: Console) -> None:
    console.print(f"[bold]{model}[/], {machine()}: one typist beside greedy clients")
    table = Table("greedy clients", *(str(step.greedy) for step in steps))
    columns = [column_of(step.typist, 300.0) for step in steps]
    for figure in columns[0]:
        if figure != "served":
            table.add_row(figure, *(column[figure] for column in columns))
    for outcome in sorted({outcome for step in steps for outcome in step.outcomes}):
        table.add_row(f"greedy: {outcome}", *(str(step.outcomes.get(outcome, 0)) for step in steps))
    console.print(table)


if __name__ == "__main__":
    app()
