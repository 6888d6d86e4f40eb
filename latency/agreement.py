"""Whether running ahead changes suggestions: the same keystrokes at a server with it and one without it.

`python -m latency.agreement --check agreement`

Both servers have a time budget of 5 s, so that they can finish every search. A keystroke does not count if a
search did not finish. A difference is possible: running ahead computes several rows in one run, for which
other kernels are used than for one row. Logits then differ in their last digits, and a probability near a
threshold may fall on the other side of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import aiohttp
import typer
from rich.console import Console
from rich.progress import Progress

from latency.budget import find_optional_budget
from latency.command import errors_as_sentences, new_app
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.machine import machine
from latency.options import Chars, Check, FiguresFile, Mails, Model, Texts
from latency.paths import MAILS, OUT
from latency.replay.connection import Connection
from latency.replay.plain_typing import Final, type_plainly
from latency.replay.server import UNHURRIED, own_server
from latency.replay.texts import read_texts
from latency.shapes import settings_for
from latency.verdicts import exit_if_missed

NOT_AHEAD = {"FORETYPE_RUNS_AHEAD": "0"}
FINISHED = ("tree", "model")  # sources of answers whose search was not ended by the budget
TAIL = 24  # characters before the caret that are printed with a disagreement

app = new_app()


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two suggestions for the keystroke that made text number `text` `position` characters long."""

    text: int
    position: int
    without: str
    ahead: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """`compared` counts the keystrokes for which both servers finished in time."""

    typed: int
    compared: int
    disagreements: list[Disagreement]

    def flat(self) -> dict[str, float | None]:
        """By the names of `budget.toml`."""
        agreeing = self.compared - len(self.disagreements)
        return {
            "keystrokes": float(self.compared),
            "agreeing_share": agreeing / self.compared if self.compared else None,
        }


def compare_answers(without: Sequence[Sequence[Final]], ahead: Sequence[Sequence[Final]]) -> Agreement:
    """Each argument has one sequence for each text: the final answers to its keystrokes, in their order."""
    pairs = [
        (number, position, one, other)
        for number, answers in enumerate(zip(without, ahead, strict=True))
        for position, (one, other) in enumerate(zip(*answers, strict=True), start=1)
    ]
    finished = [pair for pair in pairs if all(final.source in FINISHED for final in pair[2:])]
    disagreements = [
        Disagreement(number, position, one.text, other.text)
        for number, position, one, other in finished
        if one.text != other.text
    ]
    return Agreement(len(pairs), len(finished), disagreements)


async def final_answers(
    connection: Connection, texts: Sequence[str], *, pause_s: float, progress: Callable[[], None]
) -> list[list[Final]]:
    """The final answer to each keystroke of each text. A key is pressed `pause_s` after the answer to the one
    before it. `progress` is called after each answer. Raises `ServerLostError`.
    """
    answers: list[list[Final]] = []
    for number, text in enumerate(texts):
        finals = []
        async for final in type_plainly(connection, f"text-{number}", text):
            finals.append(final)
            progress()
            await asyncio.sleep(pause_s)
        await connection.forget(f"text-{number}")
        answers.append(finals)
    return answers


# -- the command line --------------------------------------------------------


@app.command()
def main(
    model: Model = "smollm2-135m",
    texts: Texts = MAILS,
    mails: Mails = 3,
    chars: Chars = 180,
    pause: Annotated[
        float,
        typer.Option(help="Seconds between an answer and the next key, in which the server can run ahead."),
    ] = 0.1,
    control: Annotated[
        bool,
        typer.Option(
            "--control", help="Let neither server run ahead, to see the differences that have other causes."
        ),
    ] = False,
    out: FiguresFile = OUT / "agreement.json",
    check: Check = None,
) -> None:
    """Type the same texts at a server that runs ahead and at one that does not, and compare the suggestions.

    Takes about three minutes. `--mails 1` is a short run of one minute.
    """
    console = Console()
    with errors_as_sentences(console, "agreement"):
        budget = find_optional_budget(check)
        typed = read_texts(texts, mails=mails, chars=chars)
        found = run(_measure(settings_for(model), NOT_AHEAD if control else {}, typed, pause, console))
    flat = found.flat()
    positions = [(one.text, one.position) for one in found.disagreements]
    write_figures(out, {"model": model, "flat": flat, "typed": found.typed, "positions": positions})
    console.print(f"{model}, {machine()}")
    console.print(
        f"{found.typed} keystrokes typed; both servers finished {found.compared} in time; "
        f"{len(found.disagreements)} suggestions differ"
    )
    for one in found.disagreements:
        tail = typed[one.text][: one.position][-TAIL:]
        console.print(
            f"text {one.text}, {one.position} characters, after {tail!r}: without running ahead "
            f"{one.without!r}, with it {one.ahead!r}",
            markup=False,
        )
    exit_if_missed(budget, flat, console)


async def _measure(
    settings: dict[str, str], second: dict[str, str], texts: Sequence[str], pause_s: float, console: Console
) -> Agreement:
    """`second` are more settings of the second server. The servers run one after the other: at the same time
    each would take processor time from the other.
    """
    answers = []
    log = OUT / "agreement-server.log"
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("typing", total=2 * sum(map(len, texts)))
        for own in (NOT_AHEAD, second):
            more = settings | own | UNHURRIED
            async with (
                own_server(log, unlimited_rate=True, settings=more) as server,
                aiohttp.ClientSession() as http,
                Connection(http, server.address, server.token) as connection,
            ):
                answers.append(
                    await final_answers(
                        connection, texts, pause_s=pause_s, progress=lambda: bar.advance(task)
                    )
                )
    return compare_answers(*answers)


if __name__ == "__main__":
    app(prog_name="python -m latency.agreement")
