"""What the way through HAProxy adds: the same keystrokes at one server, directly and through it, in turns.

`python -m latency.proxy --check proxy`. HAProxy has the configuration of deploy/machine.py.
"""

from __future__ import annotations

from contextlib import AsyncExitStack

import aiohttp
from rich.console import Console

from latency.budget import find_optional_budget
from latency.command import errors_as_sentences, new_app
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.machine import machine
from latency.options import Chars, Check, FiguresFile, Mails, Model, Texts
from latency.paths import MAILS, OUT
from latency.replay.connection import Connection
from latency.replay.texts import read_texts
from latency.several.in_turns import ALONE, Times, figures_of, in_turns, print_figures
from latency.several.machine import several
from latency.shapes import settings_for
from latency.verdicts import exit_if_missed

WORDS = {"direct": "directly", "through": "through HAProxy", "added": "added by HAProxy"}

app = new_app()


@app.command()
def main(
    model: Model = "smollm2-135m",
    texts: Texts = MAILS,
    mails: Mails = 1,
    chars: Chars = 200,
    out: FiguresFile = OUT / "proxy.json",
    check: Check = None,
) -> None:
    """Type texts directly and through HAProxy, in turns, and compare the times of the answers.

    Takes half a minute. It needs HAProxy.
    """
    console = Console()
    with errors_as_sentences(console, "proxy"):
        budget = find_optional_budget(check)
        typed = read_texts(texts, mails=mails, chars=chars)
        times = run(_measure(settings_for(model) | ALONE, typed))
    flat = figures_of(times, ("direct", "through"))
    write_figures(out, {"model": model, "flat": flat})
    console.print(f"{machine()}, {flat['pairs']:.0f} keystrokes on each way, milliseconds there and back")
    print_figures(flat, WORDS, console)
    exit_if_missed(budget, flat, console)


async def _measure(settings: dict[str, str], texts: list[str]) -> Times:
    async with AsyncExitStack() as ending:
        there = await ending.enter_async_context(several(1, settings))
        http = await ending.enter_async_context(aiohttp.ClientSession())
        direct, through = [
            await ending.enter_async_context(Connection(http, address, there.token))
            for address in (there.replicas[0].address, there.proxy.address)
        ]
        return await in_turns(direct, through, texts)


if __name__ == "__main__":
    app(prog_name="python -m latency.proxy")
