"""Where the runs of the model go: what asked for them, and whether an answer has used their results.

`python -m latency.runs --mails 2`

A run for a keystroke computes what its answer needs. A run ahead computes what the next keystrokes may need,
and is of use only if one of them comes. The server counts both in `/metrics`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import aiohttp
from rich.console import Console
from rich.table import Table

from foretype.support.stage import RunPurpose
from latency.command import errors_as_sentences, new_app
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.machine import machine
from latency.options import Chars, FiguresFile, Mails, Model, Seed, Texts, Wpm
from latency.paths import MAILS, OUT
from latency.replay.figures import summarise
from latency.replay.run import replay
from latency.replay.server import STARTING, own_server
from latency.replay.server_metrics import TIMEOUT, counters_in
from latency.replay.texts import read_texts
from latency.replay.type_text import Manner
from latency.shapes import settings_for
from latency.table_cells import number, percent

app = new_app()

WORDS = {
    RunPurpose.KEYSTROKE: "a keystroke that waits",
    RunPurpose.LATE: "a keystroke after its budget",
    RunPurpose.AHEAD: "the next keystrokes, ahead",
    RunPurpose.BEGINNING: "the beginnings of texts",
}


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs for one purpose: how many, those of which an answer has used a result, their tokens, results,
    the results that an answer has used, and the seconds that they took.
    """

    runs: float = 0.0
    runs_used: float = 0.0
    tokens: float = 0.0
    results: float = 0.0
    results_used: float = 0.0
    seconds: float = 0.0

    @property
    def used_share(self) -> float | None:
        return self.runs_used / self.runs if self.runs else None

    @property
    def results_used_share(self) -> float | None:
        return self.results_used / self.results if self.results else None


def runs_by_purpose(exposed: str) -> dict[RunPurpose, Runs]:
    """`exposed` is Prometheus's text format."""
    counted: dict[RunPurpose, dict[str, float]] = {purpose: {} for purpose in RunPurpose}
    names = {f"foretype_model_{one.name}_total": one.name for one in fields(Runs)}
    for (name, *labels), value in counters_in(exposed).items():
        if name in names:
            counted[RunPurpose(labels[0])][names[name]] = value
    return {purpose: Runs(**counts) for purpose, counts in counted.items()}


def flat_of(found: Mapping[RunPurpose, Runs], keystrokes: int) -> dict[str, float | None]:
    """By names like those of budget.toml."""
    flat: dict[str, float | None] = {"keystrokes": float(keystrokes)}
    for purpose, runs in found.items():
        flat[f"{purpose.value}_runs_per_keystroke"] = runs.runs / keystrokes if keystrokes else None
        flat[f"{purpose.value}_used_share"] = runs.used_share
        flat[f"{purpose.value}_results_used_share"] = runs.results_used_share
    return flat


def print_runs(found: Mapping[RunPurpose, Runs], keystrokes: int, console: Console) -> None:
    table = Table(title=f"{machine()}: {keystrokes} keystrokes", title_justify="left")
    headings = ("runs for", "runs", "per keystroke", "used", "tokens", "results", "used", "s")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == headings[0] else "right")
    for purpose, runs in found.items():
        table.add_row(
            WORDS[purpose],
            number(runs.runs, 0),
            number(runs.runs / keystrokes if keystrokes else None, 2),
            percent(runs.used_share),
            number(runs.tokens, 0),
            number(runs.results, 0),
            percent(runs.results_used_share),
            number(runs.seconds),
        )
    console.print(table)


@app.command()
def main(
    model: Model = "smollm2-135m",
    texts: Texts = MAILS,
    mails: Mails = 3,
    chars: Chars = 200,
    wpm: Wpm = 40.0,
    seed: Seed = 0,
    out: FiguresFile = OUT / "runs.json",
) -> None:
    """Type texts at a server of this checkout, and print what its model ran for.

    A run is used if an answer to a keystroke has read one of its results. With the defaults this takes 3
    minutes.
    """
    console = Console()
    with errors_as_sentences(console, "runs"):
        typed = read_texts(texts, mails=mails, chars=chars)
        console.print(STARTING)
        found, keystrokes = run(_measure(settings_for(model), typed, Manner(wpm, kind="email", seed=seed)))
    print_runs(found, keystrokes, console)
    flat = flat_of(found, keystrokes)
    write_figures(out, {"runs": {key.value: asdict(value) for key, value in found.items()}, "flat": flat})
    console.print(f"Figures written to {out}", soft_wrap=True)


async def _measure(
    settings: dict[str, str], texts: list[str], manner: Manner
) -> tuple[dict[RunPurpose, Runs], int]:
    log = OUT / "runs-server.log"
    async with (
        own_server(log, unlimited_rate=manner.wpm is None, settings=settings) as server,
        aiohttp.ClientSession(timeout=TIMEOUT) as http,
    ):
        done = await replay(server.address, server.token, texts, manner)
        async with http.get(f"{server.address}/metrics", raise_for_status=True) as answer:
            found = runs_by_purpose(await answer.text())
    return found, summarise(done.typed, budget_ms=done.welcome.budget_ms).keystrokes


if __name__ == "__main__":
    app(prog_name="python -m latency.runs")
