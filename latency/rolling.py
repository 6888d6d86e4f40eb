"""Several servers behind HAProxy while people type: each is restarted, one is killed, sockets spread again.

`python -m latency.rolling`, three and a half minutes. Each typist types 40 words a minute. They type without
a pause until the killed server is back. After that they pause now and then, as people do: a server moves a
socket only while nobody types there.
"""

from __future__ import annotations

import asyncio
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer
from rich.console import Console

from latency.budget import find_budget
from latency.command import errors_as_sentences, new_app
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.machine import machine
from latency.options import FiguresFile, Mails, Model, Texts
from latency.paths import MAILS, OUT
from latency.replay.pace import mean_gap_s
from latency.replay.texts import read_texts
from latency.several.machine import Machine, people_typing, several
from latency.several.spread import evenness, watch_sockets
from latency.several.typist import Typist
from latency.shapes import settings_for
from latency.verdicts import exit_if_missed

PACE_S = mean_gap_s(40.0)
DRAIN_S = 5
CALM_S = 5.0  # between two events
BURST_AND_PAUSE_S = (30.0, 30.0)  # on average, as in latency.simulate

app = new_app()

WORDS: Mapping[str, str] = {
    "keystrokes": "keystrokes that were answered",
    "longest_dark_s": "seconds without an answer, the longest of all typists",
    "median_dark_s": "the same, the median of the typists",
    "lost": "keystrokes that never got an answer",
    "told": "errors that clients got, without `draining`, which the extension hides",
    "stop_code": "the highest exit code of a restarted server",
    "unconnected": "attempts to connect that failed",
    "moved": "sockets that a server closed after it had said so",
    "cut": "sockets that ended without a word",
    "sent_again": "keystrokes that were sent to another server again",
    "sockets_most_ratio": "sockets of the server with the most, divided by an even part",
    "sockets_least_ratio": "the same for the server with the fewest",
}


def figures_of(
    people: Sequence[Typist], dark_s: Sequence[float], codes: Sequence[int], sockets: Mapping[str, int]
) -> dict[str, float | None]:
    """By the names of `budget.toml`. `dark_s`: of each typist, the longest time without an answer."""
    told = [one.told for one in people]
    errors = sum((one.errors for one in told), Counter[str]())
    return {
        "keystrokes": float(sum(one.answered for one in told)),
        "longest_dark_s": max(dark_s),
        "median_dark_s": statistics.median(dark_s),
        "lost": float(sum(one.is_waiting for one in people)),
        "told": float(errors.total()),
        "stop_code": float(max(codes)),
        "unconnected": float(sum(one.unconnected for one in told)),
        "moved": float(sum(one.moved for one in told)),
        "cut": float(sum(one.cut for one in told)),
        "sent_again": float(sum(one.sent_again for one in told)),
        **evenness(sockets),
    }


@app.command()
def main(
    model: Model = "smollm2-135m",
    servers: Annotated[int, typer.Option(min=2, max=9, help="Servers behind HAProxy.")] = 3,
    typists: Annotated[int, typer.Option(min=2, help="People who type.")] = 24,
    target: Annotated[int, typer.Option(min=1, help="FORETYPE_SOCKETS_TARGET of each server.")] = 9,
    seconds: Annotated[float, typer.Option(min=10, help="How long sockets may take to spread.")] = 120.0,
    texts: Texts = MAILS,
    mails: Mails = 24,
    out: FiguresFile = OUT / "rolling.json",
) -> None:
    """Restart several servers one after the other, kill one, and compare what typists notice with the limits.

    The exit code is 1 if a limit is missed. It needs HAProxy.
    """
    console = Console()
    with errors_as_sentences(console, "rolling"):
        budget = find_budget("rolling")
        settings = settings_for(model) | {
            "FORETYPE_DRAIN_SECONDS": str(DRAIN_S),
            "FORETYPE_SOCKETS_TARGET": str(target),
            "FORETYPE_THREADS": "1",
        }
        typed = read_texts(texts, mails=mails)
        console.print(f"{machine()}, {servers} servers, {typists} typists")
        flat = run(_measure(settings, typed, servers, typists, seconds, console))
    write_figures(out, {"model": model, "servers": servers, "typists": typists, "flat": flat})
    for name, value in flat.items():
        console.print(f"{value:10.2f}  {WORDS[name]}", highlight=False)
    exit_if_missed(budget, flat, console)


async def _measure(
    settings: dict[str, str],
    texts: list[str],
    servers: int,
    typists: int,
    seconds: float,
    console: Console,
) -> dict[str, float | None]:
    async with (
        several(servers, settings) as there,
        people_typing(there, texts, typists, PACE_S) as people,
    ):
        for one in people:
            one.told.slowest_s = 0.0  # not the first text, which all of them read at once
        await asyncio.sleep(CALM_S)
        codes = await _restart_each(there, people, console)
        await _kill_one(there, people, console)
        dark_s = [one.told.slowest_s for one in people]
        for one in people:
            one.pauses = BURST_AND_PAUSE_S
        sockets = await watch_sockets(there.proxy, seconds, console)
        dark_s = [max(pair) for pair in zip(dark_s, (one.told.slowest_s for one in people), strict=True)]
    return figures_of(people, dark_s, codes, sockets)


async def _restart_each(there: Machine, people: Sequence[Typist], console: Console) -> list[int]:
    """The exit codes."""
    codes = []
    for replica in there.replicas:
        codes.append(await replica.stop())
        await replica.start()
        await there.proxy.until_up()
        _say(f"{replica.behind.name} was restarted", people, console)
        await asyncio.sleep(CALM_S)
    return codes


async def _kill_one(there: Machine, people: Sequence[Typist], console: Console) -> None:
    await there.replicas[0].kill()
    await asyncio.sleep(1.0)  # until somebody starts it again
    await there.replicas[0].start()
    await there.proxy.until_up()
    await asyncio.sleep(CALM_S)
    _say(f"{there.replicas[0].behind.name} was killed, and is back", people, console)


def _say(what: str, people: Sequence[Typist], console: Console) -> None:
    darkest = max(one.told.slowest_s for one in people)
    console.print(f"{what}: the longest time without an answer so far is {darkest:.2f} s", highlight=False)


if __name__ == "__main__":
    app(prog_name="python -m latency.rolling")
