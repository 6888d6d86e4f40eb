"""The command `python -m latency.simulate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from latency.command import errors_as_sentences, new_app
from latency.options import FiguresFile, PictureFile, Seed
from latency.paths import OUT
from latency.simulate.curve import curve_of
from latency.simulate.day import Day
from latency.simulate.fleet import Events, Fleet, Machines, Scaling
from latency.simulate.many import UNEVEN, many_servers
from latency.simulate.measured import SHIPPED, read_measured
from latency.simulate.report import DayReport, draw, print_report, write_json

MANY = 300

app = new_app()


@app.command()
def main(
    people: Annotated[int, typer.Option(help="People of the day.", min=1, max=100_000)] = 10_000,
    burst: Annotated[float, typer.Option(help="Seconds of a burst of typing, on average.", min=1)] = 30.0,
    pause: Annotated[float, typer.Option(help="Seconds between two bursts, on average.", min=1)] = 30.0,
    measured: Annotated[
        Path, typer.Option(help="The file that `latency.simulate.calibrate` wrote.", show_default=False)
    ] = SHIPPED,
    target: Annotated[
        float, typer.Option(help="The share of the model's time that the scaler aims at.", min=0.05, max=0.95)
    ] = 0.5,
    price: Annotated[float, typer.Option(help="Dollars an hour for one replica's machine.", min=0)] = 0.08,
    start: Annotated[float, typer.Option(help="Seconds until a new replica is ready.", min=0)] = 120.0,
    update: Annotated[float, typer.Option(help="The hour of a rolling update.", min=0, max=24)] = 9.25,
    zone_lost: Annotated[
        float, typer.Option(help="The hour at which one of three zones is lost.", min=0, max=24)
    ] = 14.5,
    quiet: Annotated[bool, typer.Option("--quiet", help="Neither an update nor a lost zone.")] = False,
    servers: Annotated[
        int, typer.Option(help="Also compute how many typists this many servers serve together.", min=1)
    ] = MANY,
    seed: Seed = 0,
    json: FiguresFile = OUT / "simulate.json",
    picture: PictureFile = None,
) -> None:
    """Simulate a day of ten thousand typists on many servers, in 15 s on a free core.

    The servers are simulated with run times and needs of keystrokes that were measured. People come, type in
    bursts, have lunch and go; their habits are assumed. Replicas are added and removed as Kubernetes does by
    the share of the time in which the model runs for keystrokes, and need some time until they are ready. In
    the morning all replicas are replaced, and in the afternoon a zone is lost. The same seed gives the same
    day.

    `python -m latency.simulate.against` compares the simulated server with a real one.
    """
    console = Console()
    with errors_as_sentences(console, "simulate"):
        found = read_measured(measured)
        day = Day(people=people, burst_s=burst, pause_s=pause)
        events = Events(None, None) if quiet else Events(update, zone_lost)
        curve = curve_of(found, seed)
        fleet = Fleet(curve, day, Scaling(target), Machines(start, price), events, seed)
        moments = fleet.run()
        many = [many_servers(curve, servers, day.typing_share, seed, uneven=one) for one in (0.0, UNEVEN)]
    report = DayReport(found, curve, day, events, price, moments, many)
    print_report(report, console)
    write_json(report, json)
    if picture:
        draw(report).save(picture)
    console.print(f"Figures written to {json}", soft_wrap=True)
