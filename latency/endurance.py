"""Whether memory stays: random text typed as fast as it is answered, and the server's memory meanwhile.

`python -m latency.endurance --check endurance`
"""

from __future__ import annotations

import json
import string
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Annotated

import aiohttp
import typer
from rich.console import Console
from rich.progress import Progress

from latency.budget import UnknownBudgetError, find_budget
from latency.loop import run
from latency.places import OUT
from latency.replay.cli import Check
from latency.replay.connection import Connection, ServerLostError
from latency.replay.plain import type_plainly
from latency.replay.report import keeps, machine
from latency.replay.server import own_server
from latency.replay.usage import Meter, NoProcessError
from latency.shapes import NotMadeError, settings_for

TEXT_CHARS = (20, 1200)  # a line in a form; a mail of more tokens than the model is given
OPEN_FIELDS = 4  # the one opened first is closed for a fifth; all have been filled when the warm-up ends


@dataclass(slots=True)
class Endurance:
    """`rss_mb` is (keystrokes after warming up, 10^6 bytes); the first stands at 0."""

    warm_up: int
    typed: int = 0
    errors: int = 0
    unanswered: int = 0
    seconds: float = 0.0
    rss_mb: list[tuple[int, float]] = field(default_factory=list)

    def flat(self) -> dict[str, float | None]:
        """By the names of `budget.toml`. Growth is from the first look to the last, as a share."""
        sizes = [mb for _, mb in self.rss_mb]
        return {
            "keystrokes": float(max(0, self.typed - self.warm_up)),
            "errors": float(self.errors),
            "unanswered": float(self.unanswered),
            "keystrokes_per_s": self.typed / self.seconds if self.seconds else None,
            "rss_mb": sizes[-1] if sizes else None,
            "rss_peak_mb": max(sizes, default=None),
            "rss_growth_share": sizes[-1] / sizes[0] - 1 if sizes else None,
        }


def random_texts(rng: Random) -> Iterator[str]:
    """Endless texts that mean nothing: words of any letters and length, some signs and digits, new lines."""
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
    """Types `keystrokes` after those of the warm-up. Raises `ServerLostError`, and what `rss_mb` raises."""
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


def main(
    model: Annotated[
        str, typer.Option(help="A recipe's name, or a model that `python -m latency.shapes` made.")
    ] = "smollm2-135m",
    keystrokes: Annotated[int, typer.Option(help="How many after warming up.")] = 20_000,
    warm_up: Annotated[int, typer.Option(help="How many before memory is looked at.")] = 2_000,
    every: Annotated[int, typer.Option(help="Keystrokes between two looks.")] = 500,
    seed: Annotated[int, typer.Option(help="Of the text.")] = 0,
    out: Annotated[Path, typer.Option("--json", help="Where the figures go.")] = OUT / "endurance.json",
    check: Check = None,
) -> None:
    """Start a server, type random text at it for long, and watch its memory."""
    console = Console()
    try:
        budget = find_budget(check) if check else None
        found = run(_measure(settings_for(model), keystrokes, warm_up, every, seed, console))
    except (UnknownBudgetError, ServerLostError, NoProcessError, NotMadeError) as error:
        console.print(f"[bold red]endurance:[/] {error}", soft_wrap=True)
        raise typer.Exit(2) from None
    flat = found.flat()
    said = {"machine": machine(), "model": model} | asdict(found) | {"flat": flat}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(said, indent=1) + "\n", "utf-8")
    sizes = ", ".join(f"{mb:.0f}" for _, mb in found.rss_mb)
    console.print(f"{model}, {machine()}: {found.typed} keystrokes in {found.seconds:.0f} s")
    console.print(f"{found.errors} errors, {found.unanswered} without an answer")
    console.print(f"resident memory every {every} keystrokes after {warm_up}, MB: {sizes}")
    if budget and not keeps(budget, flat, console):
        raise typer.Exit(1)


async def _measure(
    settings: dict[str, str], keystrokes: int, warm_up: int, every: int, seed: int, console: Console
) -> Endurance:
    log = OUT / "endurance-server.log"
    async with own_server(log, hurried=True, settings=settings) as server, aiohttp.ClientSession() as http:
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


if __name__ == "__main__":
    typer.run(main)
