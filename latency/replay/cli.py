"""The command `python -m latency.replay`."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from foretype.engine.keystroke import Sureness
from foretype.support.settings import DEFAULT_PORT
from latency.budget import find_optional_budget
from latency.command import errors_as_sentences, new_app
from latency.event_loop import run
from latency.options import (
    Chars,
    Check,
    FiguresFile,
    Mails,
    PictureFile,
    Seed,
    ServedModel,
    TextsOfModel,
    Wpm,
)
from latency.paths import MAILS, OUT
from latency.replay.figures import Waits, keystrokes, summarise, waited
from latency.replay.picture import draw
from latency.replay.report import Report, print_report, write_json
from latency.replay.run import Replay, replay
from latency.replay.server import STARTING, UNHURRIED, own_server
from latency.replay.texts import Mail, read_mails
from latency.replay.type_text import Manner
from latency.replay.usage import Meter
from latency.shapes import settings_for, texts_for
from latency.verdicts import exit_if_missed

app = new_app()


@dataclass(frozen=True, slots=True)
class TargetServer:
    """The server that texts are typed at. Without a `pid`, its memory and processor time are not measured."""

    address: str
    token: str
    pid: int | None
    ready_s: float | None = None


@dataclass(frozen=True, slots=True)
class ReplaySetup:
    """The texts that are typed, and the way of typing."""

    texts: Sequence[Mail]
    manner: Manner
    typists: int
    limit_s: float | None
    settings: Mapping[str, str]  # of the server, if the replay starts one


@app.command()
def main(
    address: Annotated[
        str, typer.Option(help="The address of the server.")
    ] = f"http://127.0.0.1:{DEFAULT_PORT}",
    token: Annotated[
        str,
        typer.Option(
            envvar="FORETYPE_TOKEN", show_envvar=True, help="The server's token. Not needed with --serve."
        ),
    ] = "",
    serve: Annotated[
        bool,
        typer.Option(
            "--serve", help="Start a server from this checkout for the replay, in place of --address."
        ),
    ] = False,
    model: ServedModel = None,
    texts: TextsOfModel = None,
    subjects: Annotated[
        Path | None,
        typer.Option(
            help="A folder with the subject of each text, in a file of the same name. Default: none is sent."
        ),
    ] = None,
    answered: Annotated[
        Path | None,
        typer.Option(
            help="A folder with the mail that each text answers, in a file of the same name. Default: none "
            "is sent. `python -m latency.replies` makes such folders."
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            help="A folder with the label of each text's field, in a file of the same name, for --kind text. "
            "Default: none is sent. `python -m latency.comments` makes one of titles."
        ),
    ] = None,
    mails: Mails = 20,
    chars: Chars = 450,
    typists: Annotated[
        int, typer.Option(help="How many typists type at the same time, each with a connection of their own.")
    ] = 1,
    wpm: Wpm = 40.0,
    fast: Annotated[
        bool,
        typer.Option(
            "--fast",
            help="Type each key as soon as the previous one is answered: measures quality, not time.",
        ),
    ] = False,
    time_scale: Annotated[
        float, typer.Option(help="Factor for all times between keys; 0.5 types twice as fast.")
    ] = 1.0,
    typo_rate: Annotated[
        float,
        typer.Option(
            help="Share of letters that slip, 0 to 1. If it is not 0, the texts are typed twice: without and "
            "with corrections."
        ),
    ] = 0.0,
    glance_ms: Annotated[
        float, typer.Option(help="How long a suggestion must be visible before a typist accepts it, in ms.")
    ] = 0.0,
    kind: Annotated[str, typer.Option(help="The kind of the field: email, search or text.")] = "email",
    max_words: Annotated[
        int | None, typer.Option(help="The longest suggestion that the client wants, in words.")
    ] = None,
    sureness: Annotated[
        Sureness | None, typer.Option(help="How sure the server must be of a suggestion.")
    ] = None,
    limit: Annotated[
        float | None, typer.Option(help="Stop after this many minutes, even in the middle of a text.")
    ] = None,
    seed: Seed = 0,
    pid: Annotated[
        int | None, typer.Option(help="The server's process, whose memory and processor time are reported.")
    ] = None,
    json: FiguresFile = OUT / "replay.json",
    picture: PictureFile = None,
    check: Check = None,
) -> None:
    """Type real texts at a Foretype server as people do, accept the words that are right, and measure.

    A typist presses a key, waits as long as a person would, and looks at the screen. If the next word of the
    suggestion is exactly the next word of the text, the typist accepts it with one key. Otherwise they type
    the next character. A suggestion that arrives after the next key was pressed is not seen.

    **Examples**

    * `python -m latency.replay --serve --fast` — how many keystrokes are saved, in one or two minutes

    * `python -m latency.replay --serve --fast --mails 2` — a short try, in half a minute

    * `python -m latency.replay --serve --fast --typo-rate 0.03` — what corrections of slips save

    * `python -m latency.replay --serve --typists 5` — twenty mails at a person's speed, in ten minutes

    * `python -m latency.replay --token … --pid 4711 --check main-job` — a running server and its limits
    """
    console = Console()
    manner = Manner(
        None if fast else wpm,
        time_scale,
        typo_rate,
        typo_rate > 0,
        glance_ms / 1000,
        kind or None,
        max_words,
        sureness,
        seed,
    )
    with errors_as_sentences(console, "replay"):
        budget = find_optional_budget(check)
        folder = texts or (texts_for(model) if model else None) or MAILS
        setup = ReplaySetup(
            read_mails(folder, subjects, answered, labels, mails=mails, chars=chars),
            manner,
            typists,
            limit * 60 if limit else None,
            settings_for(model) if model else {},
        )
        running = None if serve else TargetServer(address, token, pid)
        report, waits = run(_measure(setup, running, console))
    print_report(report, console)
    write_json(report, json)
    if picture:
        draw(report, waits).save(picture)
    console.print(f"Figures written to {json}", soft_wrap=True)
    exit_if_missed(budget, report.flat(), console)


async def _measure(
    setup: ReplaySetup, running: TargetServer | None, console: Console
) -> tuple[Report, Waits]:
    """Types at the server `running`. If it is None, starts a server."""
    async with _target(running, setup, console) as target:
        corrections = setup.manner.corrections
        with _progress(len(setup.texts) * (1 + corrections), console) as progress:
            without = replace(setup, manner=replace(setup.manner, corrections=False))
            plain = await _replay(without, target, progress) if corrections else None
            meter = Meter(target.pid) if target.pid is not None else None
            done = await _replay(setup, target, progress)
        budget_ms = done.welcome.budget_ms
        figures = summarise(done.typed, budget_ms=budget_ms)
        usage = meter.read(figures.keystrokes) if meter else None
    report = Report(
        done.welcome.model,
        budget_ms,
        setup.typists,
        setup.manner,
        figures,
        done.work,
        usage,
        target.ready_s,
        summarise(plain.typed, budget_ms=budget_ms) if plain else None,
    )
    return report, waited(keystrokes(done.typed), budget_ms=budget_ms)


async def _replay(setup: ReplaySetup, target: TargetServer, progress: Callable[[], None]) -> Replay:
    return await replay(
        target.address,
        target.token,
        setup.texts,
        setup.manner,
        typists=setup.typists,
        limit_s=setup.limit_s,
        progress=progress,
    )


@contextlib.asynccontextmanager
async def _target(
    running: TargetServer | None, setup: ReplaySetup, console: Console
) -> AsyncIterator[TargetServer]:
    if running is not None:
        yield running
        return
    console.print(STARTING)
    fast = setup.manner.wpm is None
    settings = {**setup.settings, **(UNHURRIED if fast else {})}
    async with own_server(OUT / "server.log", unlimited_rate=fast, settings=settings) as own:
        yield TargetServer(own.address, own.token, own.pid, own.ready_s)


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
