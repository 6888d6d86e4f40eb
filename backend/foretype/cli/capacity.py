"""`foretype capacity`: the machines that a number of typists need, and their price."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from foretype.cli.common import USAGE, fail, say

MOST_TYPISTS = 100_000_000
MOST_SERVERS = 1000


def capacity(
    typists: Annotated[
        int,
        typer.Option("--typists", help="People who type at the same moment.", min=1, max=MOST_TYPISTS),
    ],
    price: Annotated[
        list[float] | None,
        typer.Option(
            "--price",
            help="Dollars an hour for one machine. Repeat it for several measurements, in the same order. "
            "Without it, the prices in the measurements are used.",
            show_default=False,
        ),
    ] = None,
    measured: Annotated[
        list[Path] | None,
        typer.Option(
            "--measured",
            help="The JSON file that `latency.capacity` or `latency.gpu` wrote on a machine of this kind. "
            "Repeatable. By default, figures that come with Foretype.",
            show_default=False,
        ),
    ] = None,
    head_room: Annotated[
        float,
        typer.Option(
            "--head-room",
            help="The share of each server's capacity that stays free: for a server that fails, for an "
            "update, and for people who are not spread evenly. 0 to 0.95.",
            min=0.0,
            max=0.95,
        ),
    ] = 0.25,
    servers: Annotated[
        int,
        typer.Option(
            "--servers-per-machine",
            help="Servers on one machine. The measurement must be of one server with its part of the cores.",
            min=1,
            max=MOST_SERVERS,
        ),
    ] = 1,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", help="Draw the cost into this SVG file.", show_default=False),
    ] = None,
    json: Annotated[
        Path | None, typer.Option("--json", help="Write the plan into this JSON file.", show_default=False)
    ] = None,
) -> None:
    """Compute the replicas, machines and dollars an hour for a number of typists.

    The plan is computed from a measurement: the number of people that one server serves while they type
    without a pause, so that 95 % of the answers come within the budget and no keystroke is refused. Measure
    on the kind of machine that you will rent, in a checkout: `python -m latency.capacity --json
    measured.json`. Without `--measured`, the plan uses a measurement that comes with Foretype. The table
    names its machine.

    One column of the table has the figures of an article about serving DistilGPT2, with which Foretype
    compares itself: 200 GPU machines for $150.40 an hour, with two users each.

    **Examples**

    `foretype capacity --typists 400 --price 0.08` plans for the article's users, with the measurement that
    comes with Foretype.

    `foretype capacity --typists 10000 --price 0.08 --measured measured.json` plans with your own measurement.

    `foretype capacity --typists 10000 --measured cpu.json --price 0.08 --measured gpu.json --price 0.75`
    compares two kinds of machines.
    """
    for one in price or []:
        if not (math.isfinite(one) and one > 0):
            fail(f"--price {one:g}: give the dollars an hour for one machine, a number above 0.", USAGE)
    if not math.isfinite(head_room):
        fail("--head-room: give a number from 0 to 0.95.", USAGE)
    from rich.console import Console

    from foretype.capacity.errors import CapacityError
    from foretype.capacity.measurement import SHIPPED, read_measurements
    from foretype.capacity.picture import draw
    from foretype.capacity.plan import Wanted, article_plan, plans_for
    from foretype.capacity.report import print_report, write_json

    wanted = Wanted(typists, head_room, servers)
    try:
        found = [one for file in measured or [SHIPPED] for one in read_measurements(file.expanduser())]
        plans = plans_for(wanted, found, price or [])
    except CapacityError as error:
        fail(error, USAGE)
    article = article_plan(wanted)
    print_report(wanted, plans, article, Console(highlight=False))
    if not measured:
        say(
            f"These figures come with Foretype and were measured on {found[0].kind}. For another kind of "
            "machine, measure with: python -m latency.capacity --json measured.json"
        )
    try:
        if json is not None:
            write_json(wanted, plans, article, json)
        if picture is not None:
            draw(wanted, plans, article).save(picture)
    except OSError as error:
        fail(f"{error.filename} cannot be written: {error.strerror}. Choose another file.", USAGE)
