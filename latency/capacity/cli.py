"""The command line of the capacity measurement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import getpid
from pathlib import Path
from typing import Annotated

import aiohttp
import typer
from rich.console import Console

from latency.budget import UnknownBudgetError, find_budget
from latency.capacity.beyond import Beyond, go_beyond
from latency.capacity.crowd import Crowd
from latency.capacity.report import Report, described, draw, print_report, write_json
from latency.capacity.steps import Step, capacity, hold
from latency.loop import run
from latency.places import MAILS, OUT
from latency.replay.connection import Connection, ServerLostError
from latency.replay.report import keeps
from latency.replay.server import OwnServer, own_server
from latency.replay.session import Manner
from latency.replay.texts import NoTextsError, read_texts
from latency.replay.usage import Meter, NoProcessError
from latency.shapes import NotMadeError, settings_for, texts_for

app = typer.Typer(add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False)


@dataclass(frozen=True, slots=True)
class Plan:
    texts: Sequence[str]
    manner: Manner
    typists: Sequence[int]
    ramp_s: float
    hold_s: float
    beyond_s: float | None


@app.command()
def main(
    model: Annotated[
        str, typer.Option(help="A recipe's name, or a model that `python -m latency.shapes` made.")
    ] = "smollm2-135m",
    typists: Annotated[
        str, typer.Option(help="The steps: how many type at once, rising.")
    ] = "8,16,24,32,48,64,96,128",
    at_least: Annotated[
        int | None, typer.Option(help="Only this one step, in place of --typists.", min=1)
    ] = None,
    hold: Annotated[float, typer.Option(help="Seconds that a step is watched.")] = 40.0,
    ramp: Annotated[
        float, typer.Option(help="Seconds before it, in which those who are new begin at random moments.")
    ] = 10.0,
    beyond: Annotated[
        bool, typer.Option("--beyond", help="Then twice as many as were carried, and one alone afterwards.")
    ] = False,
    beyond_hold: Annotated[
        float, typer.Option(help="Seconds that those are watched: their memory needs a while to fill.")
    ] = 90.0,
    wpm: Annotated[float, typer.Option(help="Words a minute; 40 are 300 ms a character.")] = 40.0,
    texts: Annotated[
        Path | None,
        typer.Option(help="A folder of .txt files to type; by default real mails, or what a shape says."),
    ] = None,
    chars: Annotated[int, typer.Option(help="How many characters of each.")] = 450,
    seed: Annotated[int, typer.Option(help="Of the gaps and beginnings.")] = 0,
    json: Annotated[
        Path | None, typer.Option(help="Where the figures go; by default latency/out/capacity-MODEL.json.")
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="Where a picture goes, an SVG file.")] = None,
    check: Annotated[
        list[str] | None,
        typer.Option(
            help="A table of latency/budget.toml, and more of them; a limit that is missed makes the exit "
            "code 1."
        ),
    ] = None,
) -> None:
    """How many typists one server carries: until the 95th percentile of the final answers passes the budget,
    or anybody is refused.

    It starts a server of these sources and lets more and more typists type real mails at it, step after step;
    the first step that is not carried is the last. Refused is who gets an error, no answer, or a closed
    connection.

    **Examples**

    * `python -m latency.capacity --beyond` — the whole measurement, some minutes

    * `python -m latency.capacity --at-least 24 --check capacity-smollm2` — whether it carries 24
    """
    console = Console()
    try:
        budgets = [find_budget(name) for name in check or []]
        crowds = [at_least] if at_least else [int(number) for number in typists.split(",")]
        manner = Manner(wpm, kind="email", seed=seed)
        folder = texts or texts_for(model) or MAILS
        plan = Plan(
            read_texts(folder, chars=chars), manner, crowds, ramp, hold, beyond_hold if beyond else None
        )
        report = run(_measure(model, plan, console))
    except (UnknownBudgetError, NoTextsError, ServerLostError, NoProcessError, NotMadeError) as error:
        console.print(f"[bold red]capacity:[/] {error}", soft_wrap=True)
        raise typer.Exit(2) from None
    print_report(report, console)
    file = json or OUT / f"capacity-{report.model}.json"
    write_json(report, file)
    if picture:
        draw(report).save(picture)
    console.print(f"The same as numbers: {file}", soft_wrap=True)
    kept = [keeps(budget, report.figures_for(budget.name), console) for budget in budgets]
    if not all(kept):
        raise typer.Exit(1)


async def _measure(model: str, plan: Plan, console: Console) -> Report:
    console.print("starting a server (if its model has never been prepared, that takes minutes)")
    async with (
        own_server(OUT / "capacity-server.log", settings=settings_for(model)) as server,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
    ):
        async with Connection(http, server.address, server.token) as connection:
            welcome = connection.welcome
        async with Crowd(http, server.address, server.token, plan.texts, plan.manner) as crowd:
            steps, beyond = await _steps(crowd, plan, server, welcome.budget_ms, console)
    assert plan.manner.wpm is not None
    return Report(welcome.model, plan.manner.wpm, welcome.budget_ms, steps, beyond)


async def _steps(
    crowd: Crowd, plan: Plan, server: OwnServer, budget_ms: float, console: Console
) -> tuple[list[Step], Beyond | None]:
    meters = Meter(server.pid), Meter(getpid())
    steps: list[Step] = []
    for typists in plan.typists:
        await crowd.grow(typists, plan.ramp_s)
        step = await hold(crowd, typists, *meters, seconds=plan.hold_s, budget_ms=budget_ms)
        steps.append(step)
        _say(step, budget_ms, console)
        if not step.carried(budget_ms):
            break
    best = capacity(steps, budget_ms)
    if plan.beyond_s is None or best is None:
        return steps, None
    beyond = await go_beyond(
        crowd, 2 * best.typists, *meters, ramp_s=plan.ramp_s, seconds=plan.beyond_s, budget_ms=budget_ms
    )
    return steps, beyond


def _say(step: Step, budget_ms: float, console: Console) -> None:
    """A line of progress; the table comes at the end."""
    figures = described(step, budget_ms)
    console.print(
        f"{step.typists} typists: 95 % within {figures['95 %, ms']} ms, {step.refused} refused, typing "
        f"took {figures['typing: cores busy']} of a core"
    )
