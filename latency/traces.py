"""What traces add to an answer: the same keystrokes at a server without and at one with traces, in turns.

`python -m latency.traces`. Each keystroke is traced. The collector is a part of this program
that takes all and keeps nothing.
"""

from __future__ import annotations

from contextlib import AsyncExitStack

import aiohttp
from aiohttp import web
from rich.console import Console

from latency.command import errors_as_sentences, new_app
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.machine import machine
from latency.options import Chars, FiguresFile, Mails, Model, Texts
from latency.paths import MAILS, OUT
from latency.replay.connection import Connection
from latency.replay.server import own_server
from latency.replay.texts import read_texts
from latency.several.in_turns import ALONE, Times, figures_of, in_turns, print_figures
from latency.shapes import settings_for

WORDS = {"off": "without traces", "on": "with traces", "added": "added by traces"}

app = new_app()


@app.command()
def main(
    model: Model = "smollm2-135m",
    texts: Texts = MAILS,
    mails: Mails = 1,
    chars: Chars = 200,
    out: FiguresFile = OUT / "traces.json",
) -> None:
    """Type texts at two servers, in turns, and compare the times of the answers.

    Takes half a minute.
    """
    console = Console()
    with errors_as_sentences(console, "traces"):
        typed = read_texts(texts, mails=mails, chars=chars)
        times = run(_measure(settings_for(model) | ALONE, typed))
    flat = figures_of(times, ("off", "on"))
    write_figures(out, {"model": model, "flat": flat})
    console.print(f"{machine()}, {flat['pairs']:.0f} keystrokes at each server, milliseconds there and back")
    print_figures(flat, WORDS, console)


async def _measure(settings: dict[str, str], texts: list[str]) -> Times:
    async with AsyncExitStack() as ending:
        collector = web.AppRunner(_collector())
        ending.push_async_callback(collector.cleanup)
        await collector.setup()
        await web.TCPSite(collector, "127.0.0.1", 0).start()
        traced = {"FORETYPE_TRACES": f"http://127.0.0.1:{collector.addresses[0][1]}"}
        http = await ending.enter_async_context(aiohttp.ClientSession())
        connections: list[Connection] = []
        for name, more in (("off", {}), ("on", traced)):
            log = OUT / f"traces-{name}-server.log"
            server = await ending.enter_async_context(own_server(log, settings=settings | more))
            connection = Connection(http, server.address, server.token)
            connections.append(await ending.enter_async_context(connection))
        off, on = connections
        return await in_turns(off, on, texts)


def _collector() -> web.Application:
    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response()

    app = web.Application()
    app.router.add_post("/v1/traces", take)
    return app


if __name__ == "__main__":
    app(prog_name="python -m latency.traces")
