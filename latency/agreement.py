"""Whether what is computed ahead changes what is shown: the same keystrokes at two servers, with and without.

`python -m latency.agreement --check agreement`

Both have much more time than the budget, so that neither is cut off; where one is, the keystroke does not
count. Runs ahead compute several rows at once, which takes other kernels than one row does: logits differ in
their last digits, and a probability that lies on a threshold may fall on either side of it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import aiohttp
import typer
from rich.console import Console
from rich.progress import Progress

from latency.budget import UnknownBudgetError, find_budget
from latency.loop import run
from latency.places import MAILS, OUT
from latency.replay.cli import Check
from latency.replay.connection import Connection, ServerLostError
from latency.replay.plain import Final, type_plainly
from latency.replay.report import keeps, machine
from latency.replay.server import own_server
from latency.replay.texts import NoTextsError, read_texts
from latency.shapes import NotMadeError, settings_for

BUDGET_MS = 5000
NOT_AHEAD = {"FORETYPE_RUNS_AHEAD": "0"}
IN_TIME = ("tree", "model")
TAIL = 24  # characters before the caret that are printed with a disagreement


@dataclass(frozen=True, slots=True)
class Disagreement:
    """At the keystroke that made the text `position` characters long."""

    text: int
    position: int
    without: str
    ahead: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """`compared` are the keystrokes for which both servers had time to finish."""

    typed: int
    compared: int
    disagreements: list[Disagreement]

    def flat(self) -> dict[str, float | None]:
        agreeing = self.compared - len(self.disagreements)
        return {
            "keystrokes": float(self.compared),
            "agreeing_share": agreeing / self.compared if self.compared else None,
        }


def compare(without: Sequence[Sequence[Final]], ahead: Sequence[Sequence[Final]]) -> Agreement:
    """Of each text the final answers to its keystrokes, in their order."""
    pairs = [
        (number, position, one, other)
        for number, answers in enumerate(zip(without, ahead, strict=True))
        for position, (one, other) in enumerate(zip(*answers, strict=True), start=1)
    ]
    finished = [pair for pair in pairs if all(final.source in IN_TIME for final in pair[2:])]
    apart = [
        Disagreement(number, position, one.text, other.text)
        for number, position, one, other in finished
        if one.text != other.text
    ]
    return Agreement(len(pairs), len(finished), apart)


async def answers(
    connection: Connection, texts: Sequence[str], *, pause_s: float, progress: Callable[[], None]
) -> list[list[Final]]:
    """What is answered to each keystroke, each typed `pause_s` after the answer to the one before.

    Raises `ServerLostError`.
    """
    said: list[list[Final]] = []
    for number, text in enumerate(texts):
        finals = []
        async for final in type_plainly(connection, f"text-{number}", text):
            finals.append(final)
            progress()
            await asyncio.sleep(pause_s)
        await connection.forget(f"text-{number}")
        said.append(finals)
    return said


def main(
    model: Annotated[
        str, typer.Option(help="A recipe's name, or a model that `python -m latency.shapes` made.")
    ] = "smollm2-135m",
    texts: Annotated[Path, typer.Option(help="A folder of .txt files to type.")] = MAILS,
    mails: Annotated[int, typer.Option(help="How many of them.")] = 3,
    chars: Annotated[int, typer.Option(help="How many characters of each.")] = 180,
    pause: Annotated[
        float, typer.Option(help="Seconds between an answer and the next key: the time for running ahead.")
    ] = 0.1,
    control: Annotated[
        bool,
        typer.Option("--control", help="Both servers without running ahead: what differs has other reasons."),
    ] = False,
    out: Annotated[Path, typer.Option("--json", help="Where the figures go.")] = OUT / "agreement.json",
    check: Check = None,
) -> None:
    """Type the same at a server that runs ahead of the typist and at one that does not, and compare."""
    console = Console()
    try:
        budget = find_budget(check) if check else None
        typed = read_texts(texts, mails=mails, chars=chars)
        found = run(_measure(settings_for(model), NOT_AHEAD if control else {}, typed, pause, console))
    except (UnknownBudgetError, NoTextsError, ServerLostError, NotMadeError) as error:
        console.print(f"[bold red]agreement:[/] {error}", soft_wrap=True)
        raise typer.Exit(2) from None
    flat = found.flat()
    said = {"machine": machine(), "model": model, "flat": flat, "typed": found.typed}
    said["positions"] = [(one.text, one.position) for one in found.disagreements]
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(said, indent=1) + "\n", "utf-8")
    console.print(f"{model}, {machine()}")
    console.print(
        f"{found.typed} keystrokes, {found.compared} answered in time by both, "
        f"{len(found.disagreements)} differently"
    )
    for one in found.disagreements:
        tail = typed[one.text][: one.position][-TAIL:]
        console.print(
            f"text {one.text}, {one.position}: {tail!r} without {one.without!r}, ahead {one.ahead!r}"
        )
    if budget and not keeps(budget, flat, console):
        raise typer.Exit(1)


async def _measure(
    settings: dict[str, str], second: dict[str, str], texts: Sequence[str], pause_s: float, console: Console
) -> Agreement:
    """One server after the other: side by side they would take each other's time."""
    said = []
    log = OUT / "agreement-server.log"
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("typing", total=2 * sum(map(len, texts)))
        for own in (NOT_AHEAD, second):
            more = settings | own | {"FORETYPE_BUDGET_MS": str(BUDGET_MS)}
            async with (
                own_server(log, hurried=True, settings=more) as server,
                aiohttp.ClientSession() as http,
                Connection(http, server.address, server.token) as connection,
            ):
                said.append(
                    await answers(connection, texts, pause_s=pause_s, progress=lambda: bar.advance(task))
                )
    return compare(*said)


if __name__ == "__main__":
    typer.run(main)
