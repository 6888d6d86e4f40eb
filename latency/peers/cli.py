"""The command `python -m latency.peers`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from foretype.cli.progress import draw_progress
from foretype.models.manifest import Manifest
from foretype.models.recipe import load_recipe
from foretype.prepare.ensure import ensure_prepared
from foretype.support.progress import Progress
from foretype.support.settings import load
from latency import options
from latency.budget import find_optional_budget
from latency.command import errors_as_sentences, new_app
from latency.event_loop import run
from latency.options import Check, FiguresFile, Texts, Wpm
from latency.paths import MAILS, OUT
from latency.peers.comparison import PeersSetup, run_comparison
from latency.peers.environment import Environment
from latency.peers.peer_list import PEERS, MissingPeer, Peer, find_launch, our_launch, peers_named
from latency.peers.peer_process import Launch
from latency.peers.report import Report, print_report, write_json
from latency.peers.weights import Weights
from latency.replay.texts import read_texts
from latency.verdicts import exit_if_missed

MODEL = "smollm2-135m"  # llama.cpp can read its file


@dataclass(frozen=True, slots=True)
class Defaults:
    """The amounts that are measured if no other option says so."""

    rounds: int
    mails: int
    chars: int


FULL = Defaults(rounds=10, mails=4, chars=120)
QUICK = Defaults(rounds=5, mails=2, chars=80)

app = new_app()


@app.command()
def main(
    install: Annotated[
        bool,
        typer.Option(
            "--install", help="Only install missing packages and make the peers' weights, without measuring."
        ),
    ] = False,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Fewer rounds and keystrokes: three minutes in place of six."),
    ] = False,
    peer: Annotated[
        list[str] | None,
        typer.Option(help="Compare only with peers whose name begins with this. Repeatable."),
    ] = None,
    texts: Texts = MAILS,
    mails: Annotated[int | None, options.mails(f"{FULL.mails}, with --quick {QUICK.mails}")] = None,
    chars: Annotated[int | None, options.chars(f"{FULL.chars}, with --quick {QUICK.chars}")] = None,
    rounds: Annotated[
        int | None,
        typer.Option(
            help="How many rounds each peer runs.", show_default=f"{FULL.rounds}, with --quick {QUICK.rounds}"
        ),
    ] = None,
    wpm: Wpm = 40.0,
    threads: Annotated[int, typer.Option(help="Processor threads of Foretype and of each peer.")] = 2,
    json: FiguresFile = OUT / "peers.json",
    check: Check = None,
) -> None:
    """Compare Foretype with other engines (its peers): same weights, texts and threads, in one run.

    Each peer runs in a process of its own. In each round every peer runs a little: a first pass over 64
    tokens, single tokens after it, and eight continuations in one run. Then the same mails are typed key by
    key. Foretype's server gets the keys at a person's speed. A peer gets each key as soon as it has answered
    the last one: it completes one word greedily and uses its prompt cache.

    The first run installs the peers' packages into .venv-peers and builds llama.cpp for this processor, which
    takes ten minutes or more. A peer that cannot be installed is reported with the reason. With `--check`,
    the exit code is also 1 if a limit could not be measured.

    **Examples**

    * `python -m latency.peers --install` — prepare everything

    * `python -m latency.peers --check peers` — measure, and compare with the limits

    * `python -m latency.peers --quick --peer llama` — only llama.cpp
    """
    console = Console()
    default = QUICK if quick else FULL
    with errors_as_sentences(console, "peers"):
        budget = find_optional_budget(check)
        chosen = _choose(peer or [])
        with draw_progress(console) as progress:
            folder = ensure_prepared(load({"model": MODEL})).folder
            found = _get_ready(chosen, folder, threads, progress, install=install)
            if install:
                _end_installing(found, console)
            whole = read_texts(texts, mails=mails or default.mails)
            setup = PeersSetup(
                model=MODEL,
                folder=folder,
                threads=threads,
                rounds=rounds or default.rounds,
                texts=[text[: chars or default.chars] for text in whole],
                wpm=wpm,
                slow={peer.name: peer.keystrokes for peer in chosen if peer.keystrokes is not None},
            )
            report = _measure(setup, found, progress)
    print_report(report, console)
    write_json(report, json)
    console.print(f"Figures written to {json}", soft_wrap=True)
    exit_if_missed(budget, report.flat(), console, complete=True)


def _choose(names: list[str]) -> list[Peer]:
    chosen = peers_named(names)
    if not chosen:
        known = ", ".join(peer.name for peer in PEERS)
        raise typer.BadParameter(
            f"no peer's name begins with this. The peers are: {known}", param_hint="--peer"
        )
    return chosen


def _get_ready(
    peers: list[Peer], folder: Path, threads: int, progress: Progress, *, install: bool
) -> list[Launch | MissingPeer]:
    """Installs packages and makes weights, and returns how to start each peer, or why it is missing.

    A package that could not be installed is tried again only with `install`.
    """
    environment = Environment()
    reasons = {}
    if install or not environment.exists():
        progress.say("Installing the peers' packages into .venv-peers. This happens only once.")
        reasons = environment.install(OUT / "peers-install.log", progress)
    for pin in environment.missing():
        why = f"{pin.package} {pin.version} is not in .venv-peers. Install it with: --install"
        reasons.setdefault(pin.package, why)
    weights = Weights(load_recipe(MODEL), OUT / "peers", environment, progress)
    begin = list(Manifest.read(folder).begin_ids)
    options = {"threads": threads, "begin": begin}
    return [
        find_launch(peer, environment, weights, reasons, options, OUT / f"peers-{peer.slug}.log")
        for peer in peers
    ]


def _end_installing(found: list[Launch | MissingPeer], console: Console) -> NoReturn:
    for one in found:
        if isinstance(one, MissingPeer):
            console.print(f"[bold yellow]missing:[/] {one.name}: {one.reason}", soft_wrap=True)
        else:
            console.print(f"[green]ready:[/] {one.name}")
    raise typer.Exit(1 if any(isinstance(one, MissingPeer) for one in found) else 0)


def _measure(setup: PeersSetup, found: list[Launch | MissingPeer], progress: Progress) -> Report:
    ours = our_launch(setup.folder, setup.threads, OUT / "peers-ours.log")
    launches = [one for one in found if isinstance(one, Launch)]
    missing = [one for one in found if isinstance(one, MissingPeer)]
    return run(run_comparison(setup, ours, launches, missing, progress, OUT / "peers-server.log"))
