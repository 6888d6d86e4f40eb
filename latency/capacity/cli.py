"""The command `python -m latency.capacity`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import getpid
from typing import Annotated

import aiohttp
import typer
from rich.console import Console

from latency.ascending import ascending
from latency.budget import find_budget
from latency.capacity.crowd import Crowd
from latency.capacity.load_step import LoadStep, largest_served, watch
from latency.capacity.overload import Overload, measure_overload
from latency.capacity.report import Report, column_of, draw, print_report, write_json
from latency.command import LIMIT_MISSED, errors_as_sentences, new_app
from latency.event_loop import run
from latency.options import (
    Chars,
    Checks,
    FiguresFileOfModel,
    Model,
    PictureFile,
    Seed,
    TextsOfModel,
    Wpm,
)
from latency.paths import MAILS, OUT
from latency.replay.connection import Connection
from latency.replay.server import STARTING, OwnServer, own_server
from latency.replay.texts import read_texts
from latency.replay.type_text import Manner
from latency.replay.usage import Meter
from latency.shapes import settings_for, texts_for
from latency.verdicts import keeps_limits

app = new_app()


@dataclass(frozen=True, slots=True)
class CapacitySetup:
    """The steps of the load, and how their typists type. Without `beyond_s` the server is not overloaded."""

    texts: Sequence[str]
    manner: Manner
    typists: Sequence[int]
    ramp_s: float
    hold_s: float
    beyond_s: float | None


@app.command()
def main(
    model: Model = "smollm2-135m",
    typists: Annotated[
        str, typer.Option(help="The steps: how many typists type at the same time, in ascending order.")
    ] = "8,16,24,32,48,64,96,128",
    at_least: Annotated[
        int | None,
        typer.Option(help="Only one step with this number of typists, in place of --typists.", min=1),
    ] = None,
    hold: Annotated[float, typer.Option(help="How many seconds each step is watched.")] = 40.0,
    ramp: Annotated[
        float, typer.Option(help="Seconds before each step, in which its new typists begin one by one.")
    ] = 10.0,
    beyond: Annotated[
        bool,
        typer.Option(
            "--beyond", help="Then type with twice as many typists as were served, and with one afterwards."
        ),
    ] = False,
    beyond_hold: Annotated[
        float,
        typer.Option(help="How many seconds the overload is watched: memory needs some time to fill."),
    ] = 90.0,
    wpm: Wpm = 40.0,
    texts: TextsOfModel = None,
    chars: Chars = 450,
    seed: Seed = 0,
    json: FiguresFileOfModel = None,
    picture: PictureFile = None,
    check: Checks = None,
) -> None:
    """Measure how many typists one server can serve.

    It starts a server from this checkout. More and more typists type real mail at it, step after step. A step
    is served if 95 % of the final answers come within the budget and nothing is refused: no keystroke gets an
    error or no answer, and no connection is closed. The first step that is not served is the last one.

    **Examples**

    * `python -m latency.capacity --beyond` — the whole measurement, about ten minutes

    * `python -m latency.capacity --at-least 24 --check capacity-smollm2` — whether 24 typists are served

    * `python -m latency.capacity --typists 4 --hold 5 --ramp 2` — a short try, in half a minute
    """
    console = Console()
    with errors_as_sentences(console, "capacity"):
        budgets = [find_budget(name) for name in check or []]
        crowds = [at_least] if at_least else ascending("--typists", typists)
        manner = Manner(wpm, kind="email", seed=seed)
        folder = texts or texts_for(model) or MAILS
        setup = CapacitySetup(
            read_texts(folder, chars=chars), manner, crowds, ramp, hold, beyond_hold if beyond else None
        )
        report = run(_measure(model, setup, console))
    print_report(report, console)
    file = json or OUT / f"capacity-{report.model}.json"
    write_json(report, file)
    if picture:
        draw(report).save(picture)
    console.print(f"Figures written to {file}", soft_wrap=True)
    kept = [keeps_limits(budget, report.figures_for(budget.name), console) for budget in budgets]
    if not all(kept):
        raise typer.Exit(LIMIT_MISSED)


async def _measure(model: str, setup: CapacitySetup, console: Console) -> Report:
    console.print(STARTING)
    async with (
        own_server(OUT / "capacity-server.log", settings=settings_for(model)) as server,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
    ):
        async with Connection(http, server.address, server.token) as connection:
            welcome = connection.welcome
        async with Crowd(http, server.address, server.token, setup.texts, setup.manner) as crowd:
            steps, beyond = await _steps(crowd, setup, server, welcome.budget_ms, console)
    assert setup.manner.wpm is not None
    return Report(welcome.model, setup.manner.wpm, welcome.budget_ms, steps, beyond)


async def _steps(
    crowd: Crowd, setup: CapacitySetup, server: OwnServer, budget_ms: float, console: Console
) -> tuple[list[LoadStep], Overload | None]:
    meters = Meter(server.pid), Meter(getpid())
    steps: list[LoadStep] = []
    for typists in setup.typists:
        await crowd.grow(typists, setup.ramp_s)
        step = await watch(crowd, typists, *meters, seconds=setup.hold_s, budget_ms=budget_ms)
        steps.append(step)
        _say(step, budget_ms, console)
        if not step.served(budget_ms):
            break
    best = largest_served(steps, budget_ms)
    if setup.beyond_s is None or best is None:
        return steps, None
    beyond = await measure_overload(
        crowd, 2 * best.typists, *meters, ramp_s=setup.ramp_s, seconds=setup.beyond_s, budget_ms=budget_ms
    )
    return steps, beyond


def _say(step: LoadStep, budget_ms: float, console: Console) -> None:
    """Prints progress: the table comes at the end."""
    figures = column_of(step, budget_ms)
    console.print(
        f"{step.typists} typists: p95 {figures['p95, ms']} ms, {step.refused} refused; the typing program "
        f"used {figures['typing: cores busy']} cores"
    )
