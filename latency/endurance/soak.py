"""Whether a server stays well for 24 hours: what happens in that time, with shorter waits.

`python -m latency.endurance.soak --check endurance-soak`
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Annotated

import aiohttp
import typer
from rich.console import Console

from latency.budget import find_optional_budget
from latency.command import errors_as_sentences, new_app
from latency.endurance.day import HABITS, KEYSTROKES_PER_HOUR, PARTS, WARM_UP, Ending, Part
from latency.endurance.health_pings import Pings, pinging
from latency.endurance.place import Place
from latency.endurance.probes import ask, different
from latency.endurance.resources import (
    LogCount,
    Resources,
    count_log,
    growth_share,
    read_resources,
    watch_peak,
)
from latency.endurance.user import Done, User, stay_idle
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.machine import machine
from latency.options import Check, FiguresFile, Model, Rest, Seed, Texts
from latency.paths import MAILS, OUT
from latency.replay.server import StartedServer, started_server
from latency.replay.texts import read_texts
from latency.shapes import settings_for
from latency.verdicts import exit_if_missed

UNDER_LOAD_S = 2.0  # users type for so long before a server is stopped or killed
CLOSED_S = 2.0  # until the server has closed the connection of the probes, too

app = new_app()


@dataclass(frozen=True, slots=True)
class SoakSetup:
    """`seconds`: without the rests, of which each part has two."""

    seconds: float
    users: int
    rest_s: float
    seed: int


@dataclass(frozen=True, slots=True)
class PartFound:
    """`first`, `last`: after the warm-up and at the end, each after a rest without connections."""

    ending: Ending
    first: Resources
    last: Resources
    peak_rss_mb: float
    log: LogCount


@dataclass(slots=True)
class Soak:
    """`probes`: the suggestions at the two ends of each part."""

    done: Done = field(default_factory=Done)
    pings: Pings = field(default_factory=Pings)
    parts: list[PartFound] = field(default_factory=list)
    probes: list[list[str]] = field(default_factory=list)

    def flat(self) -> dict[str, float | None]:
        """By the names of `budget.toml`. A growth is that of the part in which it is largest."""
        parts = self.parts
        figures = {
            "hours": self.done.keystrokes / KEYSTROKES_PER_HOUR,
            "restarts": len(parts) - 1,
            "tracebacks": sum(part.log.tracebacks for part in parts),
            "error_lines": sum(part.log.error_lines for part in parts),
            "rss_growth_share": max(growth_share(part.first.rss_mb, part.last.rss_mb) for part in parts),
            "more_descriptors": max(part.last.descriptors - part.first.descriptors for part in parts),
            "more_threads": max(part.last.threads - part.first.threads for part in parts),
            "rss_peak_mb": max(part.peak_rss_mb for part in parts),
            "probes": sum(map(len, self.probes)),
            "different_answers": sum(different(self.probes[0], later) for later in self.probes[1:]),
        }
        named = {name: float(count) for name, count in (asdict(self.done) | figures).items()}
        return named | self.pings.flat()


@app.command()
def main(
    model: Model = "smollm2-135m",
    minutes: Annotated[
        float, typer.Option(help="Minutes in which users do things, without the rests.", min=0.1)
    ] = 60.0,
    users: Annotated[int, typer.Option(help="Users at the same time.", min=1)] = 4,
    rest: Rest = 60.0,
    texts: Texts = MAILS,
    seed: Seed = 0,
    out: FiguresFile = OUT / "endurance-soak.json",
    check: Check = None,
) -> None:
    """Simulate 24 hours of use in about one hour, and compare the server's memory, files and threads.

    Users type, pause, sleep, open and close fields and connections; the server is stopped once and killed
    once while they type. `--minutes 5` takes eleven minutes.
    """
    console = Console()
    with errors_as_sentences(console, "endurance.soak"):
        budget = find_optional_budget(check)
        setup = SoakSetup(60 * minutes, users, rest, seed)
        found = run(_measure(settings_for(model), read_texts(texts), setup, console))
    flat = found.flat()
    shares = {activity: habit.share for activity, habit in HABITS.items()}
    write_figures(
        out,
        {"model": model, "shares": shares, "parts": [asdict(part) for part in found.parts], "flat": flat},
    )
    _print(found, f"{model}, {machine()}, {users} users, {minutes:g} minutes", console)
    exit_if_missed(budget, flat, console)


async def _measure(
    settings: dict[str, str], texts: Sequence[str], setup: SoakSetup, console: Console
) -> Soak:
    found = Soak()
    for number, part in enumerate(PARTS):
        console.print(f"part {number + 1} of {len(PARTS)}: a server that will be {part.ending}")
        await _one_part(found, part, Random(f"{setup.seed}/{number}"), settings, texts, setup)
    return found


async def _one_part(
    found: Soak, part: Part, rng: Random, settings: dict[str, str], texts: Sequence[str], setup: SoakSetup
) -> None:
    log = OUT / f"endurance-soak-server-{len(found.parts) + 1}.log"
    seconds = part.share * setup.seconds
    async with (
        started_server(log, unlimited_rate=True, settings=settings) as server,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True)) as http,
    ):
        await server.ready()
        place = Place(http, server.address, server.token, texts)
        async with watch_peak(server.process.pid) as peak:
            await _live(place, setup.users, WARM_UP * seconds, rng, found)
            first = await _idle_state(place, server, setup.rest_s, found)
            await _live(place, setup.users, (1 - WARM_UP) * seconds, rng, found)
            last = await _idle_state(place, server, setup.rest_s, found)
        await _end(place, server, part.ending, setup.users, rng)
    found.parts.append(PartFound(part.ending, first, last, peak.rss_mb, count_log(log)))


async def _live(place: Place, users: int, seconds: float, rng: Random, found: Soak) -> None:
    everybody = [User(place, Random(rng.random()), found.done).live(seconds) for _ in range(users)]
    with pinging(place.address, found.pings):
        await asyncio.gather(*everybody, stay_idle(place, seconds, found.done))


async def _idle_state(place: Place, server: StartedServer, rest_s: float, found: Soak) -> Resources:
    """What the server holds after a rest without connections and after the probes."""
    await asyncio.sleep(rest_s)
    found.probes.append(await ask(place))
    await asyncio.sleep(CLOSED_S)
    return read_resources(server.process.pid)


async def _end(place: Place, server: StartedServer, ending: Ending, users: int, rng: Random) -> None:
    """Stops or kills the server while users type. Their connections end, which counts as nothing."""
    if ending is Ending.FINISHED:
        return
    async with _typing(place, users, rng):
        await asyncio.sleep(UNDER_LOAD_S)
        server.process.send_signal(signal.SIGTERM if ending is Ending.STOPPED else signal.SIGKILL)
        await server.process.wait()


@contextlib.asynccontextmanager
async def _typing(place: Place, users: int, rng: Random) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(User(place, Random(rng.random()), Done()).live(60.0)) for _ in range(users)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _print(found: Soak, what: str, console: Console) -> None:
    flat, done = found.flat(), found.done
    shares = ", ".join(f"{activity} {habit.share:.0%}" for activity, habit in HABITS.items())
    console.print(f"{what}: {done.keystrokes} keystrokes, which stand for {flat['hours']:.1f} hours")
    console.print(f"shares of the time: {shares}")
    console.print(
        f"{done.fields} fields, {done.reconnects} reconnects, {flat['restarts']:.0f} restarts; "
        f"{done.overloaded} overloaded, {done.other_errors} other errors, {done.unanswered} unanswered, "
        f"{done.lost} connections lost"
    )
    console.print(
        f"{flat['pings']:.0f} pings: p50 {flat['ping_p50_ms']:.1f} ms, p99 {flat['ping_p99_ms']:.1f} ms, "
        f"worst {flat['ping_worst_ms']:.0f} ms, {flat['stalls']:.0f} over 50 ms, "
        f"{flat['pings_failed']:.0f} failed"
    )
    for part in found.parts:
        console.print(
            f"{part.ending}: {part.first.rss_mb:.0f} MB, then {part.last.rss_mb:.0f} MB "
            f"(most {part.peak_rss_mb:.0f}); descriptors {part.first.descriptors}, {part.last.descriptors}; "
            f"threads {part.first.threads}, {part.last.threads}; {part.log.tracebacks} tracebacks, "
            f"{part.log.error_lines} lines of errors"
        )
    console.print(f"{flat['probes']:.0f} probes, {flat['different_answers']:.0f} different answers")


if __name__ == "__main__":
    app(prog_name="python -m latency.endurance.soak")
