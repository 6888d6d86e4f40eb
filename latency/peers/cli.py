"""The command line of the comparison."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from foretype.cli.progress import draw_progress
from foretype.models.errors import ModelError
from foretype.models.manifest import Manifest
from foretype.models.recipe import load_recipe
from foretype.prepare.ensure import ensure_prepared
from foretype.support.progress import Progress
from foretype.support.settings import BadSettingsError, load
from latency.budget import UnknownBudgetError, find_budget, judge
from latency.loop import run
from latency.peers.child import Launch, PeerFailedError
from latency.peers.environment import Environment
from latency.peers.lineup import PEERS, Missing, Peer, choose, find_launch, our_launch
from latency.peers.report import Report, print_report, write_json
from latency.peers.run import Plan, compare
from latency.peers.weights import Weights
from latency.places import MAILS, OUT
from latency.replay.connection import ServerLostError
from latency.replay.report import print_verdicts
from latency.replay.texts import NoTextsError, read_texts

MODEL = "smollm2-135m"  # its file is one that llama.cpp can read


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured where nothing else is asked for."""

    rounds: int
    mails: int
    chars: int


FULL = Sizes(rounds=10, mails=4, chars=120)
QUICK = Sizes(rounds=5, mails=2, chars=80)

app = typer.Typer(add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False)


@app.command()
def main(
    install: Annotated[
        bool,
        typer.Option(
            "--install", help="Only install what is missing and make the peers' weights; measure nothing."
        ),
    ] = False,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Fewer rounds and keystrokes: about three minutes in place of six."),
    ] = False,
    peer: Annotated[
        list[str] | None,
        typer.Option(help="Compare with this peer only, by the beginning of its name; may be repeated."),
    ] = None,
    texts: Annotated[Path, typer.Option(help="A folder of .txt files to type.")] = MAILS,
    mails: Annotated[
        int | None, typer.Option(help="How many of them.", show_default=f"{FULL.mails}, quick {QUICK.mails}")
    ] = None,
    chars: Annotated[
        int | None,
        typer.Option(help="How many characters of each.", show_default=f"{FULL.chars}, quick {QUICK.chars}"),
    ] = None,
    rounds: Annotated[
        int | None,
        typer.Option(help="How many rounds of runs.", show_default=f"{FULL.rounds}, quick {QUICK.rounds}"),
    ] = None,
    wpm: Annotated[float, typer.Option(help="How fast Foretype is typed at, in words a minute.")] = 40.0,
    threads: Annotated[int, typer.Option(help="Processor threads for each of them.")] = 2,
    json: Annotated[Path, typer.Option(help="Where the figures go.")] = OUT / "peers.json",
    check: Annotated[
        str | None,
        typer.Option(
            help="A table of latency/budget.toml, which is `peers`; a limit that is missed, or could not be "
            "measured, makes the exit code 1."
        ),
    ] = None,
) -> None:
    """Measure Foretype beside its peers: the same weights, texts and threads, in one run.

    Each peer runs in a process of its own. In each round everybody does a little: a first pass over 64
    tokens, single tokens after it, eight continuations at once. Then the same mails are typed key by key at
    Foretype's server, with the gaps of a person between the keys, and at the peers, who complete a word
    greedily at each key with their prompt cache on.

    The peers' packages are installed into .venv-peers on the first run, where llama.cpp is built for this
    machine's processor: ten minutes or more. A peer that cannot be had is reported with the reason.

    **Examples**

    * `python -m latency.peers --install` — get everything ready

    * `python -m latency.peers --check peers` — measure, and hold it against the limits

    * `python -m latency.peers --quick --peer llama` — llama.cpp only
    """
    console = Console()
    default = QUICK if quick else FULL
    try:
        budget = find_budget(check) if check else None
        chosen = _choose(peer or [])
        with draw_progress(console) as progress:
            folder = ensure_prepared(load({"model": MODEL})).folder
            found = _get_ready(chosen, folder, threads, progress, install=install)
            if install:
                _end_installing(found, console)
            whole = read_texts(texts, mails=mails or default.mails)
            plan = Plan(
                model=MODEL,
                folder=folder,
                threads=threads,
                rounds=rounds or default.rounds,
                texts=[text[: chars or default.chars] for text in whole],
                wpm=wpm,
                slow={peer.name: peer.keystrokes for peer in chosen if peer.keystrokes is not None},
            )
            report = _measure(plan, found, progress)
    except (
        BadSettingsError,
        ModelError,
        NoTextsError,
        PeerFailedError,
        ServerLostError,
        UnknownBudgetError,
    ) as error:
        console.print(f"[bold red]peers:[/] {error}", soft_wrap=True)
        raise typer.Exit(2) from None
    print_report(report, console)
    write_json(report, json)
    console.print(f"The same as numbers: {json}", soft_wrap=True)
    if budget is not None:
        verdicts = judge(budget, report.flat())
        print_verdicts(budget, verdicts, console)
        if not all(verdict.kept for verdict in verdicts):
            raise typer.Exit(1)


def _choose(names: list[str]) -> list[Peer]:
    chosen = choose(names)
    if not chosen:
        known = ", ".join(peer.name for peer in PEERS)
        raise typer.BadParameter(f"no peer's name begins so; there are: {known}", param_hint="--peer")
    return chosen


def _get_ready(
    peers: list[Peer], folder: Path, threads: int, progress: Progress, *, install: bool
) -> list[Launch | Missing]:
    """Each peer's packages and weights, as far as they can be had.

    What could not be installed is tried again only where `install` asks for it.
    """
    environment = Environment()
    reasons = {}
    if install or not environment.exists():
        progress.say("Installing the peers' packages into .venv-peers, once.")
        reasons = environment.install(OUT / "peers-install.log", progress)
    for pin in environment.missing():
        why = f"{pin.package} {pin.version} is not in .venv-peers; --install tries to bring it"
        reasons.setdefault(pin.package, why)
    weights = Weights(load_recipe(MODEL), OUT / "peers", environment, progress)
    begin = list(Manifest.read(folder).begin_ids)
    options = {"threads": threads, "begin": begin}
    return [
        find_launch(peer, environment, weights, reasons, options, OUT / f"peers-{peer.slug}.log")
        for peer in peers
    ]


def _end_installing(found: list[Launch | Missing], console: Console) -> NoReturn:
    for one in found:
        if isinstance(one, Missing):
            console.print(f"[bold yellow]not to be had:[/] {one.name}: {one.reason}", soft_wrap=True)
        else:
            console.print(f"[green]ready:[/] {one.name}")
    raise typer.Exit(1 if any(isinstance(one, Missing) for one in found) else 0)


def _measure(plan: Plan, found: list[Launch | Missing], progress: Progress) -> Report:
    ours = our_launch(plan.folder, plan.threads, OUT / "peers-ours.log")
    launches = [one for one in found if isinstance(one, Launch)]
    missing = [one for one in found if isinstance(one, Missing)]
    return run(compare(plan, ours, launches, missing, progress, OUT / "peers-server.log"))
