"""The threshold of a model for each kind of field, from texts that the model has not seen.

`python -m latency.calibrate --model gemma3-270m --kind email --kind text`

Half of the texts, every second one, is typed once for each candidate, each key as soon as the last one is
answered. The command chooses the candidate that saves the most keystrokes while at least `--least-accepted`
of the shown texts are accepted. The other half is then typed with the model's present threshold and with the
chosen one. The chosen one is only advised if it is also better there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from foretype.models.field_kind import FieldKind
from foretype.models.prepared import load_prepared
from foretype.support.settings import load
from latency.command import errors_as_sentences, new_app
from latency.errors import MeasurementError
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.options import Chars, FiguresFile, Mails, Model, Texts
from latency.paths import MAILS, OUT
from latency.replay.figures import summarise
from latency.replay.run import replay
from latency.replay.server import STARTING, UNHURRIED, own_server
from latency.replay.texts import read_texts
from latency.replay.type_text import Manner
from latency.shapes import settings_for
from latency.table_cells import percent

CANDIDATES = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4)

app = new_app()


@dataclass(frozen=True, slots=True)
class Row:
    """One replay. half: "choose" or "check". Shares are 0 to 1; taken_share is 0 if nothing was shown."""

    kind: str
    half: str
    threshold: float
    saved_share: float
    taken_share: float
    shown: int
    keys: int


def choose(rows: Sequence[Row], least_accepted: float) -> Row:
    """The row that saves the most while at least `least_accepted` of the shown texts are accepted. If none
    is accepted as often, the row with the highest share. `rows` must not be empty.
    """
    good = [row for row in rows if row.taken_share >= least_accepted]
    if good:
        return max(good, key=lambda row: row.saved_share)
    return max(rows, key=lambda row: row.taken_share)


def halves(texts: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Every second text to choose with, and the others. Raises MeasurementError if there is only one."""
    if len(texts) < 2:
        raise MeasurementError("One text cannot be divided into two halves. Raise --mails.")
    return texts[::2], texts[1::2]


async def measure(model: str, kind: FieldKind, half: str, threshold: float, texts: Sequence[str]) -> Row:
    settings = settings_for(model) | UNHURRIED | {"FORETYPE_THRESHOLD": str(threshold)}
    async with own_server(OUT / "server.log", unlimited_rate=True, settings=settings) as server:
        done = await replay(server.address, server.token, texts, Manner(None, kind=kind))
    figures = summarise(done.typed, budget_ms=done.welcome.budget_ms)
    return Row(
        kind,
        half,
        threshold,
        figures.saved_share or 0.0,
        figures.taken_share or 0.0,
        figures.shown,
        figures.keys,
    )


@app.command()
def main(
    model: Model = "smollm2-135m",
    texts: Texts = MAILS,
    kind: Annotated[
        list[FieldKind] | None, typer.Option(help="A kind of field. Repeatable. Default: email and text.")
    ] = None,
    threshold: Annotated[
        list[float] | None,
        typer.Option(min=0, max=1, help="A threshold to try. Repeatable.", show_default=str(CANDIDATES)),
    ] = None,
    least_accepted: Annotated[
        float, typer.Option(min=0, max=1, help="The lowest share of shown texts that are accepted.")
    ] = 0.5,
    mails: Mails = 40,
    chars: Chars = 300,
    json: FiguresFile = OUT / "calibrate.json",
) -> None:
    """Find the threshold of a model for each kind of field."""
    console = Console()
    with errors_as_sentences(console, "calibrate"):
        manifest = load_prepared(load().models_dir / model).manifest
        choosing, checking = halves(read_texts(texts, mails=mails, chars=chars))
        console.print(STARTING)
        rows: list[Row] = []
        chosen: dict[str, float] = {}
        for one in kind or [FieldKind.EMAIL, FieldKind.TEXT]:
            present = manifest.thresholds.get(one, manifest.threshold)
            for candidate in threshold or CANDIDATES:
                rows.append(run(measure(model, one, "choose", candidate, choosing)))
                _say(console, rows[-1])
            best = choose([row for row in rows if row.kind == one], least_accepted).threshold
            checks = [
                run(measure(model, one, "check", candidate, checking))
                for candidate in dict.fromkeys((present, best))
            ]
            rows += checks
            chosen[one] = advised(checks, least_accepted)
            write_figures(json, {"rows": [asdict(row) for row in rows], "chosen": chosen})
    _print(console, rows, chosen)
    console.print(f"Figures written to {json}", soft_wrap=True)


def advised(checks: Sequence[Row], least_accepted: float) -> float:
    """`checks`: the other half, first with the present threshold, then with the chosen one if it differs."""
    return choose(checks, least_accepted).threshold


def _say(console: Console, row: Row) -> None:
    console.print(
        f"{row.kind}, {row.threshold:g}: saved {percent(row.saved_share)}, accepted "
        f"{percent(row.taken_share)} of {row.shown}"
    )


def _print(console: Console, rows: Sequence[Row], chosen: dict[str, float]) -> None:
    table = Table(title="Keystrokes saved, and shown texts accepted", title_justify="left")
    for column in ("kind", "half", "threshold", "saved", "accepted", "shown"):
        table.add_column(column)
    for row in rows:
        table.add_row(
            row.kind,
            row.half,
            f"{row.threshold:g}",
            percent(row.saved_share),
            percent(row.taken_share),
            str(row.shown),
        )
    console.print(table)
    console.print("For the recipe:\n\n\\[thresholds]")
    for kind, value in chosen.items():
        console.print(f"{kind} = {value:g}")


if __name__ == "__main__":
    app(prog_name="python -m latency.calibrate")
