"""Whether a server stays well under frames of all sorts: valid, odd and wrong ones, sent quickly.

`python -m latency.endurance.frames --check endurance-frames`
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

import aiohttp
import typer
from rich.console import Console
from rich.progress import Progress

from latency.budget import find_optional_budget
from latency.command import errors_as_sentences, new_app
from latency.endurance.made_frames import SHARES, Sort
from latency.endurance.place import Place
from latency.endurance.resources import (
    LogCount,
    Resources,
    count_log,
    growth_share,
    read_resources,
    watch_peak,
)
from latency.endurance.storm import Tally, storm
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.machine import machine
from latency.options import Check, FiguresFile, Model, Rest, Seed, Texts
from latency.paths import MAILS, OUT
from latency.replay.server import own_server
from latency.replay.texts import read_texts
from latency.shapes import settings_for
from latency.verdicts import exit_if_missed

app = new_app()


@dataclass(frozen=True, slots=True)
class FramesSetup:
    """`rest_s`: without any connection, before the resources are read."""

    frames: int
    warm_up: int
    connections: int
    rest_s: float
    seed: int


@dataclass(frozen=True, slots=True)
class FramesFound:
    """`first` and `last` were read after the warm-up and after all frames, each after the same rest."""

    tally: Tally
    seconds: float
    first: Resources
    last: Resources
    peak_rss_mb: float
    log: LogCount

    def flat(self) -> dict[str, float | None]:
        """By the names of `budget.toml`."""
        return {
            "frames": float(self.tally.sent.total()),
            "frames_per_s": self.tally.sent.total() / self.seconds,
            "unanswered": float(self.tally.unanswered),
            "connections_lost": float(self.tally.lost),
            "internal_errors": float(self.tally.errors["internal"]),
            "tracebacks": float(self.log.tracebacks),
            "error_lines": float(self.log.error_lines),
            "more_descriptors": float(self.last.descriptors - self.first.descriptors),
            "more_threads": float(self.last.threads - self.first.threads),
            "rss_mb": self.last.rss_mb,
            "rss_peak_mb": self.peak_rss_mb,
            "rss_growth_share": growth_share(self.first.rss_mb, self.last.rss_mb),
        }

    def figures(self) -> dict[str, object]:
        """For the JSON file. `asdict` cannot copy a `Counter`."""
        tally = {name: getattr(self.tally, name) for name in ("sent", "errors", "suggestions", "closed")}
        held = {"first": asdict(self.first), "last": asdict(self.last)}
        return {"shares": SHARES, "seconds": self.seconds} | tally | held


@app.command()
def main(
    model: Model = "smollm2-135m",
    frames: Annotated[int, typer.Option(help="Frames after the warm-up.", min=1)] = 1_000_000,
    warm_up: Annotated[int, typer.Option(help="Frames before the resources are first read.", min=0)] = 20_000,
    connections: Annotated[int, typer.Option(help="Connections that send at the same time.", min=1)] = 4,
    rest: Rest = 60.0,
    texts: Texts = MAILS,
    seed: Seed = 0,
    out: FiguresFile = OUT / "endurance-frames.json",
    check: Check = None,
) -> None:
    """Send a server frames of all sorts quickly, and compare its memory, files and threads.

    Takes about eight minutes. `--frames 200000 --rest 31` takes about two and a half.
    """
    console = Console()
    with errors_as_sentences(console, "endurance.frames"):
        budget = find_optional_budget(check)
        setup = FramesSetup(frames, warm_up, connections, rest, seed)
        found = run(_measure(settings_for(model), read_texts(texts), setup, console))
    write_figures(out, {"model": model} | found.figures() | {"flat": found.flat()})
    _print(found, f"{model}, {machine()}", console)
    exit_if_missed(budget, found.flat(), console)


async def _measure(
    settings: dict[str, str], texts: Sequence[str], setup: FramesSetup, console: Console
) -> FramesFound:
    log = OUT / "endurance-frames-server.log"
    loop = asyncio.get_running_loop()
    async with (
        own_server(log, unlimited_rate=True, settings=settings) as server,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http,
        watch_peak(server.pid) as peak,
    ):
        place = Place(http, server.address, server.token, texts)
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task("sending", total=setup.warm_up + setup.frames)

            async def send(frames: int, seed: int) -> Tally:
                tally = await storm(place, frames, setup.connections, seed, lambda: bar.advance(task))
                bar.console.print(f"{frames} frames sent, resting for {setup.rest_s:.0f} s")
                return tally

            await send(setup.warm_up, setup.seed - 1)
            await asyncio.sleep(setup.rest_s)
            first = read_resources(server.pid)
            began = loop.time()
            tally = await send(setup.frames, setup.seed)
            seconds = loop.time() - began
            await asyncio.sleep(setup.rest_s)
            last = read_resources(server.pid)
    return FramesFound(tally, seconds, first, last, peak.rss_mb, count_log(log))


def _print(found: FramesFound, what: str, console: Console) -> None:
    tally = found.tally
    sorts = ", ".join(f"{tally.sent[sort]} {sort}" for sort in Sort)
    errors = ", ".join(f"{count} {code}" for code, count in tally.errors.most_common()) or "none"
    codes = ", ".join(f"{count} with code {code}" for code, count in tally.closed.most_common()) or "none"
    console.print(f"{what}: {sorts} frames in {found.seconds:.0f} s")
    console.print(f"answers: {tally.suggestions} suggestions; errors: {errors}; connections ended: {codes}")
    console.print(f"{tally.unanswered} frames without their answer, {tally.lost} connections lost")
    console.print(f"log: {found.log.tracebacks} tracebacks, {found.log.error_lines} lines of errors")
    for when, held in (("before", found.first), ("after", found.last)):
        console.print(f"{when}: {held.rss_mb:.0f} MB, {held.descriptors} descriptors, {held.threads} threads")
    console.print(f"most memory in between: {found.peak_rss_mb:.0f} MB")


if __name__ == "__main__":
    app(prog_name="python -m latency.endurance.frames")
