"""One server behind HAProxy has all typists, and more are started: how soon they have their part.

`python -m latency.scale_out`, a minute and a half. The typists pause now and then, as people do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
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
from latency.replay.texts import read_texts
from latency.rolling import BURST_AND_PAUSE_S, CALM_S, PACE_S
from latency.several.machine import people_typing, several
from latency.several.spread import evenness, watch_sockets
from latency.shapes import settings_for
from latency.verdicts import exit_if_missed

app = new_app()

WORDS: Mapping[str, str] = {
    "lost": "keystrokes that never got an answer",
    "slowest_s": "seconds of the slowest keystroke, with its reconnection",
    "sockets_most_ratio": "sockets of the server with the most, divided by an even part",
    "sockets_least_ratio": "the same for the server with the fewest",
}


@app.command()
def main(
    model: Model = "smollm2-135m",
    added: Annotated[int, typer.Option(min=1, max=8, help="Servers that are added to the first.")] = 2,
    typists: Annotated[int, typer.Option(min=2, help="People who type.")] = 24,
    target: Annotated[int, typer.Option(min=1, help="FORETYPE_SOCKETS_TARGET of each server.")] = 9,
    seconds: Annotated[float, typer.Option(min=10, help="How long sockets may take to spread.")] = 60.0,
    texts: Texts = MAILS,
    mails: Mails = 24,
    out: FiguresFile = OUT / "scale_out.json",
) -> None:
    """Add servers while people type, print each one's sockets, and compare them with the limits.

    The exit code is 1 if a limit is missed. It needs HAProxy.
    """
    console = Console()
    with errors_as_sentences(console, "scale_out"):
        budget = find_budget("scale-out")
        settings = settings_for(model) | {"FORETYPE_SOCKETS_TARGET": str(target), "FORETYPE_THREADS": "1"}
        typed = read_texts(texts, mails=mails)
        console.print(f"{machine()}, one server, {added} added, {typists} typists")
        flat = run(_measure(settings, typed, added, typists, seconds, console))
    write_figures(out, {"model": model, "added": added, "typists": typists, "flat": flat})
    for name, value in flat.items():
        console.print(f"{value:10.2f}  {WORDS[name]}", highlight=False)
    exit_if_missed(budget, flat, console)


async def _measure(
    settings: dict[str, str],
    texts: list[str],
    added: int,
    typists: int,
    seconds: float,
    console: Console,
) -> dict[str, float | None]:
    async with (
        several(1 + added, settings, started=1) as there,
        people_typing(there, texts, typists, PACE_S) as people,
    ):
        for one in people:
            one.pauses = BURST_AND_PAUSE_S
        await asyncio.sleep(CALM_S)
        await asyncio.gather(*(replica.start() for replica in there.replicas[1:]))
        await there.proxy.until_up()
        for one in people:
            one.told.slowest_s = 0.0  # not the first text, which all of them read at once
        sockets = await watch_sockets(there.proxy, seconds, console)
    return {
        "lost": float(sum(one.is_waiting for one in people)),
        "slowest_s": max(one.told.slowest_s for one in people),
        **evenness(sockets),
    }


if __name__ == "__main__":
    app(prog_name="python -m latency.scale_out")
