"""Compares the simulated server with a real one: the same crowds, their busy share and waiting times.

`python -m latency.simulate.against`

Runs take longer on a machine that has other work, and some take much longer. So there are two simulations:
one with run times as they were calibrated, and one in which the runs are slower by the same factors, one
after the other, as those of this real run. The second one says whether the simulation is right
about everything else: how often the model runs, who shares a run, and who waits.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from latency.ascending import ascending
from latency.budget import find_optional_budget
from latency.command import errors_as_sentences, new_app
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.machine import machine
from latency.options import Chars, Check, FiguresFile, Seed, Texts
from latency.paths import MAILS, OUT
from latency.replay.server import STARTING
from latency.replay.texts import read_texts
from latency.replay.type_text import Manner
from latency.shapes import settings_for
from latency.simulate.measured import SHIPPED, Measured, read_measured
from latency.simulate.one_server import Newcomers, simulate_server
from latency.simulate.real_server import Watched, watch_crowds
from latency.simulate.run_log import factors_of
from latency.table_cells import percent
from latency.verdicts import exit_if_missed

TURNS = 5  # simulations of each crowd
SETTLE_S = 10.0
CLOSE = 0.2  # the aim: a simulated figure differs from the measured one by at most this share

app = new_app()


@dataclass(frozen=True, slots=True)
class Figures:
    """busy_share and missed_share: 0 to 1. runs_s: runs of the model for keystrokes in a second."""

    busy_share: float
    p50_ms: float
    p95_ms: float
    missed_share: float
    runs_s: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """`run_factor`: how many times longer a run took in the real server than alone, on average."""

    typists: int
    keystrokes: int
    run_factor: float
    measured: Figures
    simulated: Figures  # with run times as calibrated
    at_speed: Figures  # with the run times of this real run

    def ratios(self, simulated: Figures) -> tuple[float, float]:
        """Of the busy share and of the 95th percentile: simulated, divided by measured."""
        return (
            simulated.busy_share / self.measured.busy_share,
            simulated.p95_ms / self.measured.p95_ms,
        )


@app.command()
def main(
    measured: Annotated[
        Path, typer.Option(help="The file that `latency.simulate.calibrate` wrote.", show_default=False)
    ] = SHIPPED,
    typists: Annotated[str, typer.Option(help="The sizes of the crowds, in ascending order.")] = "24,48,96",
    hold: Annotated[float, typer.Option(help="How many seconds each crowd is watched.", min=1)] = 25.0,
    ramp: Annotated[float, typer.Option(help="Seconds in which a crowd's new typists begin.", min=0)] = 10.0,
    texts: Texts = MAILS,
    chars: Chars = 450,
    seed: Seed = 0,
    json: FiguresFile = OUT / "simulate-against.json",
    check: Check = None,
) -> None:
    """Compare the simulated server with a real one that 24, 48 and 96 typists type at, in three minutes."""
    console = Console()
    with errors_as_sentences(console, "simulate.against"):
        budget = find_optional_budget(check)
        known = read_measured(measured)
        crowds = ascending("--typists", typists)
        read = read_texts(texts, chars=chars)
        console.print(STARTING)
        found = run(_compare(known, read, crowds, ramp, hold, seed))
    print_comparisons(known, found, console)
    known_from = {"measured_on": known.machine, "model": known.model}
    compared = [asdict(one) for one in found]
    write_figures(json, {"flat": flat_of(found), **known_from, "comparisons": compared})
    console.print(f"Figures written to {json}", soft_wrap=True)
    exit_if_missed(budget, flat_of(found), console)


async def _compare(
    known: Measured, texts: list[str], crowds: list[int], ramp_s: float, hold_s: float, seed: int
) -> list[Comparison]:
    manner = Manner(known.wpm, kind="email", seed=seed)
    settings = settings_for(known.model) | {"FORETYPE_LOG_LEVEL": "debug"}
    log = OUT / "simulate-against-server.log"
    watching = watch_crowds(
        settings, texts, manner, crowds, log=log, ramp_s=ramp_s, settle_s=SETTLE_S, hold_s=hold_s
    )
    async with aclosing(watching):
        watched = [one async for one in watching]
    text_tokens = known.tokens_a_keystroke * sum(map(len, texts)) / len(texts)
    compared: list[Comparison] = []
    for one, fewer in zip(watched, [0, *crowds], strict=False):
        new = Newcomers(one.step.typists - fewer, ramp_s, SETTLE_S, text_tokens, known.factors)
        compared.append(compare(known, one, seed, new, hold_s))
    return compared


def compare(known: Measured, watched: Watched, seed: int, newcomers: Newcomers, seconds: float) -> Comparison:
    """The simulated crowd grows as the real one did, and is watched as long, several times."""
    typists = watched.step.typists
    here, before = at_speed_of(known, watched), factors_of(known, watched.log_before)
    final = watched.step.answers.final
    assert final.p50 is not None
    assert final.p95 is not None
    runs_s = watched.counted["foretype_model_runs_total", "keystroke"] / watched.seconds
    return Comparison(
        typists,
        watched.step.answers.keystrokes,
        sum(here.factors) / len(here.factors),
        Figures(watched.busy_share, final.p50, final.p95, watched.missed_share, runs_s),
        _simulated(known, typists, seconds, seed, newcomers),
        _simulated(here, typists, seconds, seed, replace(newcomers, factors=before)),
    )


def at_speed_of(known: Measured, watched: Watched) -> Measured:
    """With run times as they were in the real server."""
    factors = factors_of(known, watched.log)
    before, now = (sum(one) / len(one) for one in (known.factors, factors))
    needs = {
        effort: replace(need, ahead_ms=now / before * need.ahead_ms) for effort, need in known.needs.items()
    }
    return replace(known, factors=factors, needs=needs)


def _simulated(known: Measured, typists: int, seconds: float, seed: int, newcomers: Newcomers) -> Figures:
    """The mean of several simulations."""
    tallies = [simulate_server(known, typists, seconds, seed + turn, newcomers) for turn in range(TURNS)]
    every = [
        (one.busy_share, one.p50_ms, one.p95_ms, one.missed_share(known.budget_ms), one.runs / one.seconds)
        for one in tallies
    ]
    return Figures(*(fmean(values) for values in zip(*every, strict=True)))


def flat_of(found: list[Comparison]) -> dict[str, float | None]:
    flat: dict[str, float | None] = {}
    for one in found:
        busy, p95 = one.ratios(one.at_speed)
        flat |= {f"typists_{one.typists}_busy_ratio": busy, f"typists_{one.typists}_p95_ratio": p95}
        flat |= {f"typists_{one.typists}_run_time_ratio": one.run_factor}
    return flat


def print_comparisons(known: Measured, found: list[Comparison], console: Console) -> None:
    console.print(f"Run times and needs of {known.machine}; the real server ran on {machine()}.")
    table = Table("typists", "", "busy", "median", "p95, ms", "missed", "runs/s")
    for one in found:
        rows = (
            ("measured", one.measured),
            ("simulated", one.simulated),
            (f"runs × {one.run_factor:.2f}", one.at_speed),
        )
        for name, figures in rows:
            cells = (percent(figures.busy_share, 0), f"{figures.p50_ms:.0f}", f"{figures.p95_ms:.0f}")
            more = (percent(figures.missed_share, 1), f"{figures.runs_s:.1f}")
            table.add_row(str(one.typists) if name == "measured" else "", name, *cells, *more)
        for name, figures in (("ratio", one.simulated), ("ratio, slower runs", one.at_speed)):
            busy, p95 = one.ratios(figures)
            table.add_row("", name, _ratio(busy), "", _ratio(p95), "", "", end_section=name != "ratio")
    console.print(table)
    console.print(
        "“runs ×” is the same simulation with runs that are slower by the factors of this real run. Ratios "
        f"are simulated / measured; the aim is a difference of at most {CLOSE:.0%}.",
        soft_wrap=True,
    )


def _ratio(value: float) -> str:
    near = abs(value - 1) <= CLOSE
    return f"{value:.2f}" if near else f"[red]{value:.2f}[/]"


if __name__ == "__main__":
    app(prog_name="python -m latency.simulate.against")
