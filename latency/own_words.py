"""What a person's own words add: the mails of one person are typed, of which the first ones are known.

`python -m latency.own_words --people FOLDER --known 200 --known 20`

FOLDER has a folder for each person, with the mails in the order of their names: the subject, an empty line,
the text. For each person the same mails are typed, those after the 200th, each key as soon as the last one is
answered: first at a server that learns no words; then, for each number of known mails, at a server that has
learnt from as many mails just before the typed ones, and continues to learn with each mail that is typed.

Own words also raise the share of shown texts that are accepted. To compare what is saved at the same share,
name lower thresholds with `--threshold`: the last column is interpolated between the two whose shares lie
around the share without own words.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import aiohttp
import typer
from rich.console import Console
from rich.table import Table

from foretype.engine.vocabulary import Vocabulary
from foretype.models.prepared import load_prepared
from foretype.server.credentials import FIXED
from foretype.support.settings import load
from foretype.support.stage import Stage
from foretype.words.field_text import FieldText
from foretype.words.store import WordStore
from latency.command import errors_as_sentences, new_app
from latency.errors import MeasurementError
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.options import FiguresFile, Model
from latency.paths import OUT
from latency.replay.figures import Figures, summarise
from latency.replay.run import replay
from latency.replay.server import UNHURRIED, own_server
from latency.replay.server_metrics import read_counters
from latency.replay.texts import SHORTEST, Mail, typable
from latency.replay.type_text import Manner
from latency.shapes import settings_for
from latency.table_cells import percent

FIRST_TYPED = 200  # the same mails are typed, however many are known

app = new_app()


@dataclass(frozen=True, slots=True)
class Person:
    """known: the texts before the first typed one, in their order."""

    name: str
    known: list[str]
    typed: list[str]


@dataclass(frozen=True, slots=True)
class Row:
    """One replay. known: None if the server learns no words."""

    person: str
    known: int | None
    threshold: float | None
    saved_share: float
    taken_share: float
    shown: int
    keys: int
    median_ms: float | None
    tree_ms: float  # the work of the tree for a keystroke; the difference is what own words cost


def read_person(folder: Path, *, mails: int, chars: int) -> Person:
    """Raises `MeasurementError`."""
    texts = [_body(file) for file in sorted(folder.glob("*.txt"))]
    if len(texts) <= FIRST_TYPED:
        raise MeasurementError(f"{folder} has no more than {FIRST_TYPED} mails. Name another with --people.")
    later = [text[:chars] for text in texts[FIRST_TYPED:]]
    typed = [text for text in later if text.isascii() and len(text) > SHORTEST][:mails]
    if not typed:
        raise MeasurementError(
            f"{folder} has no ASCII text of more than {SHORTEST} characters: raise --chars or --mails."
        )
    return Person(folder.name, texts[:FIRST_TYPED], typed)


def _body(file: Path) -> str:
    return typable(file.read_text("utf-8", errors="replace").partition("\n\n")[2])


def learn(state_dir: Path, texts: Sequence[str], vocabulary: Vocabulary) -> None:
    """What the server would have learnt if each text had been typed in a field of its own."""
    store = WordStore(state_dir, load().own_words_most)
    for text in texts:
        field = FieldText("", "", len(text))
        for end in range(1, len(text) + 1):
            field.now(text[:end], "")
        store.learn(FIXED, field.take(is_over=True), vocabulary.knows)


async def measure(
    person: Person, known: int | None, threshold: float | None, model: str, vocabulary: Vocabulary
) -> Row:
    """`vocabulary`: the model's."""
    with tempfile.TemporaryDirectory() as state:
        settings = {
            **settings_for(model),
            **UNHURRIED,
            "FORETYPE_STATE_DIR": state,
            "FORETYPE_OWN_WORDS": "false" if known is None else "true",
        }
        if threshold is not None:
            settings["FORETYPE_THRESHOLD"] = str(threshold)
        if known:
            await asyncio.to_thread(learn, Path(state), person.known[-known:], vocabulary)
        figures, tree_ms = await _typed(person.typed, settings)
    assert figures.saved_share is not None
    return Row(
        person.name,
        known,
        threshold,
        figures.saved_share,
        figures.taken_share or 0.0,
        figures.shown,
        figures.keys,
        figures.final.p50,
        tree_ms,
    )


async def _typed(texts: Sequence[str], settings: Mapping[str, str]) -> tuple[Figures, float]:
    """The figures, and the milliseconds that the tree took for a keystroke."""
    manner = Manner(None, kind="email", learn=settings["FORETYPE_OWN_WORDS"] == "true")
    async with own_server(OUT / "server.log", unlimited_rate=True, settings=settings) as server:
        done = await replay(server.address, server.token, [Mail(text) for text in texts], manner)
        async with aiohttp.ClientSession() as http:
            counted = await read_counters(http, server.address)
    tree_ms = counted["foretype_stage_ms_sum", Stage.TREE.value]
    figures = summarise(done.typed, budget_ms=done.welcome.budget_ms)
    return figures, tree_ms / figures.keystrokes


def at_the_same_share(base: Row, rows: Sequence[Row]) -> float | None:
    """The keystrokes that `rows` save where they have the base's share of accepted texts: 0 to 1. None if all
    of them have a higher share, or all a lower one.
    """
    ordered = sorted(rows, key=lambda row: row.taken_share)
    for low, high in itertools.pairwise(ordered):
        if low.taken_share <= base.taken_share <= high.taken_share:
            part = (base.taken_share - low.taken_share) / max(high.taken_share - low.taken_share, 1e-9)
            return low.saved_share + part * (high.saved_share - low.saved_share)
    return None


@app.command()
def main(
    people: Annotated[Path, typer.Option(help="The folder with a folder for each person.")],
    person: Annotated[list[str] | None, typer.Option(help="Only this person; may be repeated.")] = None,
    known: Annotated[list[int] | None, typer.Option(help="Known mails; may be repeated.")] = None,
    mails: Annotated[int, typer.Option(help="Mails of each person that are typed.")] = 25,
    chars: Annotated[int, typer.Option(help="Characters of each mail.")] = 450,
    threshold: Annotated[
        list[float] | None, typer.Option(help="More thresholds with own words; may be repeated.")
    ] = None,
    model: Model = "smollm2-135m",
    json: FiguresFile = OUT / "own-words.json",
) -> None:
    """Type a person's mails with and without what the server has learnt from earlier ones."""
    console = Console()
    with errors_as_sentences(console, "own-words"):
        folder = load().models_dir / model
        vocabulary = Vocabulary.load(folder, load_prepared(folder).manifest.geometry.vocab_size)
        names = person or sorted(folder.name for folder in people.iterdir() if folder.is_dir())
        rows: list[Row] = []
        for name in names:
            someone = read_person(people / name, mails=mails, chars=chars)
            rows.append(run(measure(someone, None, None, model, vocabulary)))
            _say(console, rows[-1], rows)
            for count in known or [200, 20]:
                for one in [None, *(threshold or [])]:
                    rows.append(run(measure(someone, count, one, model, vocabulary)))
                    _say(console, rows[-1], rows)
                    write_figures(json, {"rows": [asdict(row) for row in rows]})
    _print(console, rows)


def _say(console: Console, row: Row, rows: Sequence[Row]) -> None:
    what = "no own words" if row.known is None else f"{row.known} mails known"
    at = "" if row.threshold is None else f", threshold {row.threshold:g}"
    console.print(
        f"{row.person}: {what}{at}: saved {percent(row.saved_share)}, accepted {percent(row.taken_share)} "
        f"of {row.shown} shown, {row.tree_ms:.2f} ms in the tree a keystroke"
    )


def _print(console: Console, rows: Sequence[Row]) -> None:
    table = Table(title="keystrokes saved (share of shown texts that were accepted)", title_justify="left")
    for column in ("person", "known", "without", "with", "at the same share"):
        table.add_column(column)
    for base in [row for row in rows if row.known is None]:
        for known in sorted(
            {row.known for row in rows if row.known is not None and row.person == base.person}
        ):
            some = [row for row in rows if row.person == base.person and row.known == known]
            usual = next(row for row in some if row.threshold is None)
            same = at_the_same_share(base, some)
            table.add_row(
                base.person, str(known), _cell(base), _cell(usual), "–" if same is None else percent(same)
            )
    console.print(table)


def _cell(row: Row) -> str:
    return f"{percent(row.saved_share)} ({percent(row.taken_share)})"


if __name__ == "__main__":
    app(prog_name="python -m latency.own_words")
