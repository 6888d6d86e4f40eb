"""The command `python -m latency.cluster`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import aiohttp
import typer
from rich.console import Console

from latency.budget import find_optional_budget
from latency.cluster.others import Others
from latency.cluster.person import people_at
from latency.cluster.pinned import Pinned, measure_pinned, print_pinned
from latency.cluster.report import Report, print_report
from latency.cluster.scenarios import Durations, grow, roll
from latency.cluster.sockets import sockets_at
from latency.command import errors_as_sentences, new_app
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.machine import machine
from latency.options import Chars, Check, Model, Texts, Wpm
from latency.paths import MAILS, OUT
from latency.replay.connection import Connection
from latency.replay.texts import read_texts
from latency.several.machine import several
from latency.shapes import settings_for
from latency.verdicts import exit_if_missed

app = new_app()


class Scenario(StrEnum):
    ROLL = "roll"
    GROW = "grow"
    PINNED = "pinned"


@dataclass(frozen=True, slots=True)
class Setup:
    """How many servers there are in the end, who types at them, and how long."""

    model: str
    texts: Sequence[str]
    servers: int
    typists: int
    wpm: float
    ramp_s: float
    durations: Durations
    settings: Mapping[str, str]


@app.command()
def main(
    scenario: Annotated[Scenario, typer.Option(help="What happens to the servers.")] = Scenario.ROLL,
    model: Model = "smollm2-135m",
    servers: Annotated[int, typer.Option(min=2, max=9, help="How many servers, for roll and grow.")] = 3,
    typists: Annotated[int, typer.Option(min=1, help="How many people type, for roll and grow.")] = 24,
    threads: Annotated[
        int,
        typer.Option(min=1, help="Processor threads of each server; with pinned, one for each of its cores."),
    ] = 1,
    drain: Annotated[float, typer.Option(help="FORETYPE_DRAIN_SECONDS of the servers.")] = 10.0,
    ramp: Annotated[float, typer.Option(help="Seconds in which people begin, one by one.")] = 10.0,
    calm: Annotated[float, typer.Option(help="Seconds before anything happens to the servers.")] = 20.0,
    settle: Annotated[
        float | None, typer.Option(help="Seconds after the last event. Default: 120 for roll, 60 for grow.")
    ] = None,
    hold: Annotated[float, typer.Option(help="For pinned: how many seconds each step is watched.")] = 15.0,
    wpm: Wpm = 40.0,
    texts: Texts = MAILS,
    chars: Chars = 450,
    check: Check = None,
) -> None:
    """Start servers with the real model behind HAProxy, and type real mail at them while something happens.

    The configuration of HAProxy is that of `deploy/machine.py`. People type at their own speed, and stay
    connected as the extension does.

    **Scenarios**

    * `roll` — each server is stopped by SIGTERM and started again, one after the other. Then the one with
      the most sockets is killed, and started again. 4 minutes.

    * `grow` — one server runs, and the others are added. 2 minutes.

    * `pinned` — the number of people that one server on one core serves, and two on two cores. 9 minutes.

    The figures are written to `latency/out/cluster-SCENARIO.json`.
    """
    console = Console()
    file = OUT / f"cluster-{scenario}.json"
    with errors_as_sentences(console, "cluster"):
        budget = find_optional_budget(check)
        typed = read_texts(texts, chars=chars)
        more = settings_for(model) | {"FORETYPE_THREADS": str(threads), "FORETYPE_DRAIN_SECONDS": str(drain)}
        if scenario is Scenario.PINNED:
            plan = Pinned(typed, wpm, hold, more)
            flat, record = run(measure_pinned(plan, console))
            write_figures(file, record)
            print_pinned(flat, console)
        else:
            usual = 120.0 if scenario is Scenario.ROLL else 60.0
            durations = Durations(calm, usual if settle is None else settle)
            setup = Setup(model, typed, servers, typists, wpm, ramp, durations, more)
            report = run(_measure(scenario, setup))
            flat = report.flat()
            write_figures(file, report.record())
            console.print(
                f"{machine()}, {model}, {servers} servers, {typists} people at {wpm:g} words a minute"
            )
            print_report(report, console)
    console.print(f"Figures written to {file}", soft_wrap=True)
    exit_if_missed(budget, flat, console, complete=True)


async def _measure(scenario: Scenario, setup: Setup) -> Report:
    started = 1 if scenario is Scenario.GROW else None
    async with several(setup.servers, setup.settings, started=started) as there:
        async with (
            aiohttp.ClientSession() as http,
            Connection(http, there.proxy.address, there.token) as connection,
        ):
            welcome = connection.welcome
        async with (
            people_at(there, setup.texts, setup.typists, setup.wpm, setup.ramp_s) as people,
            sockets_at(there.proxy) as samples,
        ):
            happens = roll if scenario is Scenario.ROLL else grow
            others = Others()
            course = await happens(there, setup.durations)
            others_cores = others.cores()
        return Report(
            scenario, welcome.model, setup.servers, welcome.budget_ms, course, samples, people, others_cores
        )
