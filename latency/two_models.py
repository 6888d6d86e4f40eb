"""What a second model costs the default one: memory, and the times of answers.

`python -m latency.two_models`

Of three servers, one has the default model, one has the second model, and one has both. The same texts are
typed in each of these ways, keystroke by keystroke in turns, so that all ways see the same machine:

- `alone`: the server with the default model only.
- `beside`: the default model of the server with both. Nobody asks the second one.
- `together`, `second`: each keystroke goes to both models of one server at once, to the default one first.
- `apart`, `apart_second`: each keystroke goes to two servers with one model each at once, which compute at
  the same time.

With random weights, a second model answers as fast as a real one of its shape, but its suggestions mean
nothing.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import aiohttp
import typer
from rich.console import Console
from rich.table import Table

from foretype.support.settings import load
from latency.command import errors_as_sentences, new_app
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.machine import machine
from latency.options import Chars, FiguresFile, Mails, Model, Texts
from latency.paths import MAILS, OUT
from latency.replay.connection import Connection, ServerLostError
from latency.replay.figures import Latency
from latency.replay.plain_typing import Final, answers_to
from latency.replay.server import OwnServer, own_server
from latency.replay.texts import read_texts
from latency.replay.usage import Meter
from latency.shapes import settings_for
from latency.table_cells import number
from latency.versus.memory import Memory, read_memory

QUIET = {
    "FORETYPE_BUDGET_MS": "10000",  # every answer is complete
    "FORETYPE_RUNS_AHEAD": "0",  # nothing else runs while a keystroke is timed
    "FORETYPE_KEYSTROKES_PER_SECOND": "100000",
}
WAYS = {
    "alone": "default model, alone",
    "beside": "default model, second one idle",
    "together": "default model, both asked at once",
    "second": "second model, both asked at once",
    "apart": "default model, two servers asked at once",
    "apart_second": "second model, two servers asked at once",
}
OF_DEFAULT = ("beside", "together", "apart")
"""The ways in which the default model answers, compared with `alone` keystroke by keystroke."""
SERVERS = {"default": "the default model", "second": "the second model", "both": "both models"}

app = new_app()


@dataclass
class Found:
    """Milliseconds of each answer, there and back, by the names of `WAYS`; memory of each server, when it was
    ready and at the end.
    """

    times: dict[str, list[float]] = field(default_factory=lambda: {way: [] for way in WAYS})
    ready: dict[str, Memory] = field(default_factory=dict)
    end: dict[str, Memory] = field(default_factory=dict)


@app.command()
def main(
    model: Model = "smollm2-135m",
    second: Annotated[str, typer.Option(help="The second model.")] = "distilgpt2-random-weights",
    texts: Texts = MAILS,
    mails: Mails = 2,
    chars: Chars = 200,
    out: FiguresFile = OUT / "two-models.json",
) -> None:
    """Type texts at servers with one model and at a server with two, in turns.

    The default second model is made by `python -m latency.shapes distilgpt2`.
    """
    console = Console()
    with errors_as_sentences(console, "two-models"):
        typed = read_texts(texts, mails=mails, chars=chars)
        found = run(_measure(model, second, typed))
    write_figures(
        out,
        {
            "models": [model, second],
            "ready": {name: asdict(memory) for name, memory in found.ready.items()},
            "end": {name: asdict(memory) for name, memory in found.end.items()},
            "flat": flat_of(found.times),
        },
    )
    _print(found, f"{machine()}: {model}, and {second} as the second model", console)


def flat_of(times: Mapping[str, Sequence[float]]) -> dict[str, float | None]:
    """By names like those of budget.toml. `added`: what a way takes longer than the default model alone,
    keystroke by keystroke.
    """
    flat: dict[str, float | None] = {"keystrokes": float(len(times["alone"]))}
    for way, found in times.items():
        latency = Latency.of(found)
        flat |= {f"{way}_p50_ms": latency.p50, f"{way}_p95_ms": latency.p95}
    return flat | {f"{way}_added_p50_ms": added_p50_ms(times, way) for way in OF_DEFAULT}


def added_p50_ms(times: Mapping[str, Sequence[float]], way: str) -> float | None:
    """None if the answers are those of another model than `alone`, or those of `alone`."""
    if way not in OF_DEFAULT:
        return None
    return statistics.median(mine - usual for mine, usual in zip(times[way], times["alone"], strict=True))


def _print(found: Found, title: str, console: Console) -> None:
    times = Table(title=title, title_justify="left")
    for heading in ("answers of the", "keystrokes", "median ms", "p95 ms", "median of what is added, ms"):
        times.add_column(heading, justify="left" if heading == "answers of the" else "right")
    for way, words in WAYS.items():
        latency = Latency.of(found.times[way])
        added = number(added_p50_ms(found.times, way), 2)
        count = str(len(found.times[way]))
        times.add_row(words, count, number(latency.p50, 2), number(latency.p95), added)
    console.print(times)
    memory = Table("server with", "when ready, MB", "of it in no file", "at the end, MB", "of it in no file")
    for name, words in SERVERS.items():
        ready, end = found.ready[name], found.end[name]
        cells = (ready.rss_mb, ready.anonymous_mb, end.rss_mb, end.anonymous_mb)
        memory.add_row(words, *(number(cell, 0) for cell in cells))
    console.print(memory)


async def _measure(model: str, second: str, texts: Sequence[str]) -> Found:
    found = Found()
    folder = {"FORETYPE_MODELS_DIR": str(_folder_of_both(model, second))}
    models = {
        "default": {"FORETYPE_MODEL": model},
        "second": {"FORETYPE_MODEL": second},
        "both": {"FORETYPE_MODEL": model, "FORETYPE_ALSO_MODELS": second},
    }
    async with AsyncExitStack() as ending:
        http = await ending.enter_async_context(aiohttp.ClientSession())
        servers: dict[str, OwnServer] = {}
        connections: dict[str, Connection] = {}
        for name, served in models.items():
            log = OUT / f"two-models-{name}-server.log"
            server = await ending.enter_async_context(own_server(log, settings=QUIET | folder | served))
            connection = Connection(http, server.address, server.token)
            servers[name], connections[name] = server, await ending.enter_async_context(connection)
        meters = {name: Meter(server.pid) for name, server in servers.items()}
        found.ready = {name: read_memory(meters[name], server.pid) for name, server in servers.items()}
        for number_of, text in enumerate(texts):
            await _type(connections, f"f{number_of}", text, second, found.times)
        found.end = {name: read_memory(meters[name], server.pid) for name, server in servers.items()}
    return found


def _folder_of_both(model: str, second: str) -> Path:
    """A models folder that refers to both models, which may be in different ones."""
    folder = OUT / "models" / "two"
    folder.mkdir(parents=True, exist_ok=True)
    for name in (model, second):
        settings = settings_for(name)
        there = Path(settings.get("FORETYPE_MODELS_DIR", load().models_dir)) / name
        link = folder / name
        link.unlink(missing_ok=True)
        link.symlink_to(there.resolve(), target_is_directory=True)
    return folder


async def _type(
    connections: Mapping[str, Connection], name: str, text: str, second: str, times: Mapping[str, list[float]]
) -> None:
    """Each state of the text is sent in all ways, in another order each time. Every way has fields of its
    own, so none finds in a tree what another one has computed.
    """
    default, other, both = (connections[server] for server in ("default", "second", "both"))
    fields = {
        "alone": _Field(default, f"{name} alone"),
        "beside": _Field(both, f"{name} beside"),
        "together": _Field(both, f"{name} together"),
        "second": _Field(both, f"{name} second", second),
        "apart": _Field(default, f"{name} apart"),
        "apart_second": _Field(other, f"{name} apart second"),
    }
    answers = {way: one.type(text) for way, one in fields.items()}
    at_once = [("alone",), ("beside",), ("together", "second"), ("apart", "apart_second")]
    for turn in range(len(text)):
        for number_of in range(len(at_once)):
            ways = at_once[(turn + number_of) % len(at_once)]
            took = await asyncio.gather(*(_timed(answers[way]) for way in ways))
            for way, milliseconds in zip(ways, took, strict=True):
                times[way].append(milliseconds)
    for one in fields.values():
        await one.connection.forget(one.name)


@dataclass(frozen=True, slots=True)
class _Field:
    connection: Connection
    name: str
    model: str | None = None

    def type(self, text: str) -> AsyncIterator[Final]:
        befores = (text[:length] for length in range(1, len(text) + 1))
        return answers_to(self.connection, self.name, befores, model=self.model)


async def _timed(answers: AsyncIterator[Final]) -> float:
    began = time.perf_counter()
    answer = await anext(answers)
    took = (time.perf_counter() - began) * 1000.0
    if answer.source is None:
        raise ServerLostError(f"A keystroke got no suggestion ({answer.error or 'no answer'}).")
    return took


if __name__ == "__main__":
    app(prog_name="python -m latency.two_models")
