"""The command line of the replay."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from latency.budget import UnknownBudgetError, find_budget
from latency.loop import run
from latency.places import MAILS, OUT
from latency.replay.connection import ServerLostError
from latency.replay.figures import Waits, keystrokes, summarise, waited
from latency.replay.picture import draw
from latency.replay.report import Report, keeps, print_report, write_json
from latency.replay.run import replay
from latency.replay.server import own_server
from latency.replay.session import Manner
from latency.replay.texts import NoTextsError, read_texts
from latency.replay.usage import Meter, NoProcessError
from latency.shapes import NotMadeError, settings_for, texts_for

Check = Annotated[
    str | None,
    typer.Option(help="A table of latency/budget.toml; a limit that is missed makes the exit code 1."),
]

app = typer.Typer(add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False)


@dataclass(frozen=True, slots=True)
class Target:
    """The server that is typed at. `pid` None: its memory and processor time are not measured."""

    address: str
    token: str
    pid: int | None
    ready_s: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    texts: Sequence[str]
    manner: Manner
    typists: int
    limit_s: float | None
    settings: Mapping[str, str]  # of a server of our own


@app.command()
def main(
    address: Annotated[str, typer.Option(help="The server to type at.")] = "http://127.0.0.1:8765",
    token: Annotated[str, typer.Option(envvar="FORETYPE_TOKEN", show_envvar=True, help="Its token.")] = "",
    serve: Annotated[
        bool,
        typer.Option(
            "--serve", help="Start a server of these sources for the replay, in place of --address."
        ),
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(
            help="With --serve: a recipe's name, or a model that `python -m latency.shapes` made; by default "
            "the server's own choice."
        ),
    ] = None,
    texts: Annotated[
        Path | None,
        typer.Option(help="A folder of .txt files to type; by default real mails, or what a shape says."),
    ] = None,
    mails: Annotated[int, typer.Option(help="How many of its texts, in the order of their names.")] = 20,
    chars: Annotated[int, typer.Option(help="How many characters of each.")] = 450,
    typists: Annotated[
        int, typer.Option(help="How many type at once, each with a connection of their own.")
    ] = 1,
    wpm: Annotated[float, typer.Option(help="Words a minute; 40 are 300 ms a character.")] = 40.0,
    fast: Annotated[
        bool,
        typer.Option("--fast", help="Type as soon as the final answer is there: for quality, not for time."),
    ] = False,
    time_scale: Annotated[float, typer.Option(help="All gaps times this; 0.5 types twice as fast.")] = 1.0,
    typo_rate: Annotated[
        float, typer.Option(help="Share of keys that slip, are noticed, deleted, typed again.")
    ] = 0.0,
    glance_ms: Annotated[
        float, typer.Option(help="How long a text must be on the screen before it is taken.")
    ] = 0.0,
    kind: Annotated[str, typer.Option(help="What kind of field this is: email, search, text.")] = "email",
    limit: Annotated[
        float | None, typer.Option(help="Stop after so many minutes, wherever the typists are.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the gaps and slips: the same seed types the same.")] = 0,
    pid: Annotated[
        int | None, typer.Option(help="The server's process, to report its memory and processor time.")
    ] = None,
    json: Annotated[Path, typer.Option(help="Where the figures go.")] = OUT / "replay.json",
    picture: Annotated[
        Path | None, typer.Option(help="Where a picture of the answers' times goes, an SVG file.")
    ] = None,
    check: Check = None,
) -> None:
    """Type real texts at a Foretype server as people do, take the words that are right, and measure.

    A typist presses a key, waits as long as a person would, looks at the screen, and takes the next word with
    one key if it is exactly what they want to write; otherwise they type the next character. What did not
    arrive before the next key was not seen.

    **Examples**

    * `python -m latency.replay --serve --fast` — how many keystrokes are saved, in a minute or two

    * `python -m latency.replay --serve --typists 5` — twenty mails at human speed

    * `python -m latency.replay --token … --pid 4711 --check main-job` — a running server against its budget
    """
    console = Console()
    manner = Manner(None if fast else wpm, time_scale, typo_rate, glance_ms / 1000, kind or None, seed)
    try:
        budget = find_budget(check) if check else None
        folder = texts or (texts_for(model) if model else None) or MAILS
        plan = Plan(
            read_texts(folder, mails=mails, chars=chars),
            manner,
            typists,
            limit * 60 if limit else None,
            settings_for(model) if model else {},
        )
        running = None if serve else Target(address, token, pid)
        report, waits = run(_measure(plan, running, console))
    except (UnknownBudgetError, NoTextsError, ServerLostError, NoProcessError, NotMadeError) as error:
        console.print(f"[bold red]replay:[/] {error}", soft_wrap=True)
        raise typer.Exit(2) from None
    print_report(report, console)
    write_json(report, json)
    if picture:
        draw(report, waits).save(picture)
    console.print(f"The same as numbers: {json}", soft_wrap=True)
    if budget and not keeps(budget, report.flat(), console):
        raise typer.Exit(1)


async def _measure(plan: Plan, running: Target | None, console: Console) -> tuple[Report, Waits]:
    """Replays against `running`, or against a server of our own where it is None."""
    async with _target(running, plan, console) as target:
        meter = Meter(target.pid) if target.pid is not None else None
        with _progress(len(plan.texts), console) as progress:
            done = await replay(
                target.address,
                target.token,
                plan.texts,
                plan.manner,
                typists=plan.typists,
                limit_s=plan.limit_s,
                progress=progress,
            )
        budget_ms = done.welcome.budget_ms
        figures = summarise(done.sessions, budget_ms=budget_ms)
        usage = meter.read(figures.keystrokes) if meter else None
    report = Report(
        done.welcome.model,
        budget_ms,
        plan.typists,
        plan.manner,
        figures,
        done.work,
        usage,
        target.ready_s,
    )
    return report, waited(keystrokes(done.sessions), budget_ms=budget_ms)


@contextlib.asynccontextmanager
async def _target(running: Target | None, plan: Plan, console: Console) -> AsyncIterator[Target]:
    if running is not None:
        yield running
        return
    console.print("starting a server (if its model has never been prepared, that takes minutes)")
    hurried = plan.manner.wpm is None
    async with own_server(OUT / "server.log", hurried=hurried, settings=plan.settings) as own:
        yield Target(own.address, own.token, own.pid, own.ready_s)


@contextlib.contextmanager
def _progress(texts: int, console: Console) -> Iterator[Callable[[], None]]:
    columns = (
        TextColumn("typing"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("texts"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("typing", total=texts)
        yield lambda: bar.advance(task)
