"""The command `python -m latency.versus`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from latency.budget import find_optional_budget
from latency.command import errors_as_sentences, new_app
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.options import Chars, Check, FiguresFile, Mails, Model, Seed, Texts, Wpm
from latency.paths import MAILS, OUT
from latency.replay.server import STARTING
from latency.replay.texts import read_texts
from latency.replay.type_text import Manner
from latency.shapes import settings_for
from latency.verdicts import exit_if_missed
from latency.versus.checkout import Checkout, checkout_of, this_checkout
from latency.versus.contest import MANY_MAILS, Task, contest
from latency.versus.figures import Seen, compared
from latency.versus.report import print_report

app = new_app()


@app.command()
def main(
    commit: Annotated[
        str,
        typer.Argument(help="The commit whose server is compared: a hash, branch or tag."),
    ],
    model: Model = "smollm2-135m",
    texts: Texts = MAILS,
    mails: Mails = 4,
    chars: Chars = 200,
    wpm: Wpm = 40.0,
    seed: Seed = 0,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            help="A setting of this checkout's server only, such as FORETYPE_RUNS_AHEAD=0. Repeatable."
        ),
    ] = None,
    out: FiguresFile = OUT / "versus.json",
    check: Check = None,
) -> None:
    """Compare the server of this checkout with that of an earlier commit, in one run on the same machine.

    The commit's server is made in `latency/out/versus`: its files, its packages if they differ from those
    here, and its model if it cannot use the one that is prepared here. A simulated user types each text at
    one server and then at the other. Every figure is printed for both, with the ratio of this checkout's to
    the commit's.

    **Examples**

    * `python -m latency.versus 14cb6b9 --check light` — 8 minutes

    * `python -m latency.versus HEAD~1 --mails 2 --wpm 120` — a short try, 1.5 minutes
    """
    console = Console()
    with errors_as_sentences(console, "versus"):
        budget = find_optional_budget(check)
        task = Task(
            read_texts(texts, mails=mails, chars=chars),
            read_texts(texts, mails=MANY_MAILS),
            Manner(wpm, kind="email", seed=seed),
        )
        settings = settings_for(model)
        own = dict(one.partition("=")[::2] for one in setting or [])
        other = checkout_of(commit, model, console)
        checkouts = [
            this_checkout(settings | own),
            Checkout(other.name, other.program, {**settings, **other.settings}),
        ]
        console.print(STARTING)
        ours, theirs = _measure(checkouts, task, console)
    names = (checkouts[0].name + "".join(f", {one}" for one in setting or []), other.name)
    print_report(names, ours, theirs, console)
    flat = compared(ours, theirs)
    write_figures(out, {"model": model, "commits": names, "flat": flat, "theirs": theirs.flat()})
    console.print(f"Figures written to {out}", soft_wrap=True)
    exit_if_missed(budget, flat, console)


def _measure(checkouts: list[Checkout], task: Task, console: Console) -> list[Seen]:
    with Progress(console=console, transient=True) as bar:
        bar_task = bar.add_task("typing", total=len(task.texts))
        return run(contest(checkouts, task, lambda: bar.advance(bar_task)))
