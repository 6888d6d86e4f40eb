"""Whether the server's memory grows: types random text, each key as soon as the last one is answered.

`python -m latency.endurance --check endurance`
"""

from __future__ import annotations

import string
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Annotated

import aiohttp
import typer
from rich.console import Console
from rich.progress import Progress

from latency.budget import find_optional_budget
from latency.command import errors_as_sentences, new_app
from latency.endurance.resources import growth_share
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.machine import machine
from latency.options import Check, FiguresFile, Model, Seed
from latency.paths import OUT
from latency.replay.connection import Connection
from latency.replay.plain_typing import type_plainly
from latency.replay.server import own_server
from latency.replay.usage import Meter
from latency.shapes import settings_for
from latency.verdicts import exit_if_missed

TEXT_CHARS = (20, 1200)  # from a line in a form to a mail that has more tokens than the model's context
OPEN_FIELDS = 4  # a fifth field closes the oldest; by the end of the warm-up each of the four was in use

app = new_app()


@dataclass(slots=True)
class Endurance:
    """`rss_mb` holds pairs: keystrokes since the end of the warm-up, beginning with 0, and the server's
    resident memory in 10^6 bytes.
    """

    warm_up: int
    typed: int = 0
    errors: int = 0
    unanswered: int = 0
    seconds: float = 0.0
    rss_mb: list[tuple[int, float]] = field(default_factory=list)

    def flat(self) -> dict[str, float | None]:
        """By the names of `budget.toml`. The growth is from the first memory reading to the last."""
        sizes = [mb for _, mb in self.rss_mb]
        return {
            "keystrokes": float(max(0, self.typed - self.warm_up)),
            "errors": float(self.errors),
            "unanswered": float(self.unanswered),
            "keystrokes_per_s": self.typed / self.seconds if self.seconds else None,
            "rss_mb": sizes[-1] if sizes else None,
            "rss_peak_mb": max(sizes, default=None),
            "rss_growth_share": growth_share(sizes[0], sizes[-1]) if sizes else None,
        }


def random_texts(rng: Random) -> Iterator[str]:
    """Endlessly many random texts: words of random letters and lengths, some signs, digits, new lines."""
    shortest, longest = TEXT_CHARS
    signs = string.digits + string.punctuation + string.ascii_uppercase + "äéøß"
    while True:
        length = round(shortest * (longest / shortest) ** rng.random())
        text = ""
        while len(text) < length:
            letters = string.ascii_lowercase if rng.random() < 0.9 else signs
            text += "".join(rng.choices(letters, k=rng.randint(1, 12))) + rng.choice(" " * 9 + "\n")
        yield text[:length]


async def endure(
    connection: Connection,
    rss_mb: Callable[[], float],
    *,
    keystrokes: int,
    warm_up: int,
    every: int = 500,
    seed: int = 0,
    progress: Callable[[], None] = lambda: None,
) -> Endurance:
    """Types `warm_up` keystrokes and then `keystrokes` more, and reads `rss_mb` after each `every` of them.

    Raises `ServerLostError`, and what `rss_mb` raises.
    """
    found = Endurance(warm_up)
    began = time.perf_counter()
    for number, text in enumerate(random_texts(Random(seed))):
        if number >= OPEN_FIELDS:
            await connection.forget(f"field-{number - OPEN_FIELDS}")
        left = warm_up + keystrokes - found.typed
        async for final in type_plainly(connection, f"field-{number}", text[:left], kind="text"):
            found.typed += 1
            found.errors += final.error is not None
            found.unanswered += final.source is None and final.error is None
            progress()
            after = found.typed - warm_up
            if after >= 0 and after % every == 0:
                found.rss_mb.append((after, rss_mb()))
        if found.typed >= warm_up + keystrokes:
            break
    found.seconds = time.perf_counter() - began
    return found


# -- the command line --------------------------------------------------------


@app.command()
def main(
    model: Model = "smollm2-135m",
    keystrokes: Annotated[int, typer.Option(help="Keystrokes after the warm-up.")] = 20_000,
    warm_up: Annotated[int, typer.Option(help="Keystrokes before memory is first read.")] = 2_000,
    every: Annotated[int, typer.Option(help="Keystrokes from one memory reading to the next.")] = 500,
    seed: Seed = 0,
    out: FiguresFile = OUT / "endurance.json",
    check: Check = None,
) -> None:
    """Start a server, type random text at it for a long time, and watch its memory.

    Takes about twenty minutes. `--keystrokes 400 --warm-up 200` is a short run of half a minute.
    """
    console = Console()
    with errors_as_sentences(console, "endurance"):
        budget = find_optional_budget(check)
        found = run(_measure(settings_for(model), keystrokes, warm_up, every, seed, console))
    flat = found.flat()
    write_figures(out, {"model": model} | asdict(found) | {"flat": flat})
    sizes = ", ".join(f"{mb:.0f}" for _, mb in found.rss_mb)
    console.print(f"{model}, {machine()}: {found.typed} keystrokes in {found.seconds:.0f} s")
    console.print(f"{found.errors} errors, {found.unanswered} keystrokes without an answer")
    console.print(
        f"resident memory of the server after {warm_up} keystrokes, and then every {every}, in MB: {sizes}"
    )
    exit_if_missed(budget, flat, console)


async def _measure(
    settings: dict[str, str], keystrokes: int, warm_up: int, every: int, seed: int, console: Console
) -> Endurance:
    log = OUT / "endurance-server.log"
    async with (
        own_server(log, unlimited_rate=True, settings=settings) as server,
        aiohttp.ClientSession() as http,
    ):
        meter = Meter(server.pid)
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task("typing", total=keystrokes + warm_up)
            async with Connection(http, server.address, server.token) as connection:
                return await endure(
                    connection,
                    meter.rss_mb,
                    keystrokes=keystrokes,
                    warm_up=warm_up,
                    every=every,
                    seed=seed,
                    progress=lambda: bar.advance(task),
                )
