"""Whether a server that is stopped at any moment ends well: stops at random moments, under load.

`python -m latency.stops` starts a server again and again, types at it from several connections beside busy
loops, sends SIGTERM or SIGINT (some of them twice) and counts the exit codes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Annotated

import aiohttp
import typer
from rich.console import Console
from rich.progress import Progress

from latency.command import errors_as_sentences, new_app
from latency.endurance.random_typing import random_texts
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.machine import machine
from latency.options import FiguresFile, Model
from latency.paths import OUT
from latency.replay.connection import Connection, ServerLostError
from latency.replay.plain_typing import type_plainly
from latency.replay.server import StartedServer, started_server
from latency.shapes import settings_for

LIMIT_S = 5.0
GIVEN_UP_S = 30.0
INTERRUPTED = 130
BUSY = "while True: pass"


class Moment(StrEnum):
    """The moments at which a server is stopped."""

    LOADING = "loading"
    TYPING = "typing"


@dataclass(frozen=True, slots=True)
class Stop:
    """code: None if the server did not end within `GIVEN_UP_S`. seconds: from the signal to the end."""

    moment: Moment
    signal: str
    twice: bool
    code: int | None
    seconds: float

    @property
    def has_right_code(self) -> bool:
        """Exit code 0; before a model is served, or after a second signal, also `INTERRUPTED`."""
        early = self.moment is Moment.LOADING or self.twice
        return self.code in ({0, INTERRUPTED} if early else {0})

    @property
    def is_clean(self) -> bool:
        return self.has_right_code and self.seconds <= LIMIT_S


@dataclass(frozen=True, slots=True)
class Load:
    connections: int = 6
    busy_loops: int = 4


async def stop_at_random(settings: dict[str, str], rng: Random, log: Path, load: Load) -> Stop:
    """One server, from its start to its end. Raises `ServerLostError` if it does not become ready."""
    moment = rng.choices([Moment.LOADING, Moment.TYPING], weights=[1, 4])[0]
    number = rng.choice([signal.SIGTERM, signal.SIGINT])
    twice = rng.random() < 0.2
    async with started_server(log, unlimited_rate=True, settings=settings) as server:
        if moment is Moment.LOADING:
            await server.answers()
            await asyncio.sleep(rng.uniform(0.0, 1.0))
            return await _stopped(server, moment, number, twice, rng)
        await server.ready()
        async with _typists(server, load.connections, rng.randrange(2**32)):
            await asyncio.sleep(rng.uniform(0.0, 2.0))
            return await _stopped(server, moment, number, twice, rng)


async def _stopped(
    server: StartedServer, moment: Moment, number: signal.Signals, twice: bool, rng: Random
) -> Stop:
    process = server.process
    began = time.monotonic()
    process.send_signal(number)
    code = None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GIVEN_UP_S):
            if twice:
                await asyncio.sleep(rng.uniform(0.0, 0.5))
                if process.returncode is None:
                    # Not send_signal: it asks first whether the process has ended. If it has, its exit code
                    # is gone, and asyncio's own wait reports 255.
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(process.pid, number)
            code = await process.wait()
    return Stop(moment, number.name, twice, code, time.monotonic() - began)


@contextlib.asynccontextmanager
async def _typists(server: StartedServer, connections: int, seed: int) -> AsyncIterator[None]:
    """Inside the `with` block each connection types random text as fast as it is answered."""
    async with aiohttp.ClientSession() as http:
        tasks = [asyncio.create_task(_type(http, server, Random(seed + n))) for n in range(connections)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _type(http: aiohttp.ClientSession, server: StartedServer, rng: Random) -> None:
    with contextlib.suppress(ServerLostError):  # it was stopped
        async with Connection(http, server.address, server.token) as connection:
            for number, text in enumerate(random_texts(rng)):
                async for _ in type_plainly(connection, f"field-{number}", text, kind="text"):
                    pass


@contextlib.contextmanager
def busy(loops: int) -> Iterator[None]:
    """Inside the `with` block so many processes use processor time."""
    processes = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


app = new_app()


@app.command()
def main(
    model: Model = "smollm2-135m",
    stops: Annotated[int, typer.Option(help="How many servers to start and stop.")] = 100,
    connections: Annotated[int, typer.Option(help="Connections that type at the same time.")] = 6,
    busy_loops: Annotated[int, typer.Option(help="Processes that only use processor time.")] = 4,
    seed: Annotated[int, typer.Option(help="The seed of the moments, signals and texts.")] = 0,
    out: FiguresFile = OUT / "stops.json",
) -> None:
    """Stop servers at random moments under load. The exit code is 1 if one did not end cleanly in 5 s."""
    console = Console()
    with errors_as_sentences(console, "stops"):
        settings = settings_for(model)
        made = run(_measure(settings, stops, seed, Load(connections, busy_loops), console))
    write_figures(out, {"machine": machine(), "model": model, "stops": [asdict(stop) for stop in made]})
    console.print(f"{model}, {machine()}: {connections} connections, {busy_loops} busy loops")
    for moment in Moment:
        of_moment = [stop for stop in made if stop.moment is moment]
        codes = Counter(stop.code for stop in of_moment)
        said_codes = ", ".join(f"{count} with exit code {code}" for code, count in codes.most_common())
        slowest = max((stop.seconds for stop in of_moment), default=0.0)
        console.print(f"{moment}: {len(of_moment)} stops, {said_codes}; the slowest {slowest:.2f} s")
    clean = sum(stop.is_clean for stop in made)
    console.print(f"{clean} of {len(made)} ended cleanly within {LIMIT_S:.0f} s")
    if clean < len(made):
        raise typer.Exit(1)


async def _measure(
    settings: dict[str, str], stops: int, seed: int, load: Load, console: Console
) -> list[Stop]:
    made = []
    with busy(load.busy_loops), Progress(console=console, transient=True) as bar:
        for number in bar.track(range(stops), description="stopping"):
            rng = Random(f"{seed}/{number}")
            made.append(await stop_at_random(settings, rng, OUT / "stops-server.log", load))
    return made


if __name__ == "__main__":
    app()
