"""The command `python -m latency.languages`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Column, Table

from foretype.models.prepared import load_prepared
from foretype.support.cores import physical_cores
from foretype.support.language_codes import ANY
from foretype.support.settings import load
from latency.command import errors_as_sentences, new_app
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.languages.texts import MANUALS, read_folder, read_paragraphs
from latency.machine import machine
from latency.options import FiguresFile
from latency.paths import OUT
from latency.quality import measure, served_reader
from latency.replay.figures import Figures, summarise
from latency.replay.run import replay
from latency.replay.server import STARTING, UNHURRIED, own_server
from latency.replay.texts import Mail
from latency.replay.type_text import Manner
from latency.shapes import settings_for
from latency.table_cells import number, percent

MEASURED = ["en", "de", "fr", "es", "it", "pt", "nl"]

app = new_app()


class Source(StrEnum):
    HANDBOOK = "handbook"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Row:
    """One language, typed at one server. A share is 0 to 1; saved: of the keys without suggestions."""

    model: str
    language: str
    threshold: float | None
    rule: bool  # whether the recipe's languages limit the suggestions
    keys: int
    saved_share: float | None
    shown: int
    taken_share: float | None
    bits_per_byte: float | None


@dataclass(frozen=True, slots=True)
class Way:
    """A server that the texts are typed at."""

    model: str
    threshold: float | None
    rule: bool

    @property
    def settings(self) -> dict[str, str]:
        # Each key waits for its answer, so runs ahead would only cost time.
        settings = {**settings_for(self.model), **UNHURRIED, "FORETYPE_RUNS_AHEAD": "0"}
        if self.threshold is not None:
            settings["FORETYPE_THRESHOLD"] = str(self.threshold)
        return settings if self.rule else settings | {"FORETYPE_LANGUAGES": ANY}


@app.command()
def main(
    model: Annotated[
        list[str] | None,
        typer.Option(help="A recipe with a prepared model. Repeatable. Default: smollm2-135m, gemma3-270m."),
    ] = None,
    language: Annotated[
        list[str] | None,
        typer.Option(help=f"A language, as in ISO 639-1. Repeatable. Default: {', '.join(MEASURED)}."),
    ] = None,
    source: Annotated[
        Source, typer.Option(help="The manual that is typed: Debian's handbook, or the help of GNOME.")
    ] = Source.HANDBOOK,
    texts: Annotated[
        Path | None,
        typer.Option(help="In place of --source: a folder with a folder of .txt files for each language."),
    ] = None,
    paragraphs: Annotated[int, typer.Option(min=1, help="Paragraphs of each language.")] = 20,
    skip: Annotated[
        int, typer.Option(min=0, help="Paragraphs to skip: those with which thresholds were chosen.")
    ] = 0,
    chars: Annotated[int, typer.Option(help="Characters of each paragraph.")] = 300,
    kind: Annotated[str, typer.Option(help="The kind of the field: email, search or text.")] = "text",
    threshold: Annotated[
        list[float] | None, typer.Option(help="The server's threshold in place of the recipe's. Repeatable.")
    ] = None,
    without_rule: Annotated[
        bool,
        typer.Option("--without-rule", help="Also type at a server that suggests in texts in any language."),
    ] = False,
    bits: Annotated[bool, typer.Option(help="Also measure bits per byte.")] = True,
    json: FiguresFile = OUT / "languages.json",
) -> None:
    """Type prose in several languages, and measure what each model saves in each of them.

    The texts are paragraphs of two manuals that Debian has in many languages. A paragraph is taken if it has
    at least 200 characters and two sentences, begins with a capital letter and ends with a sentence, consists
    of letters and punctuation by 97 %, and contains no command, file name or address. Paragraphs that are
    left in English are not taken. The same seed puts them into a random order. The packages are downloaded
    with apt-get into latency/out, and not installed.

    Each key follows the answer to the last one, in a field of kind text: the text before the user's text,
    which the recipes have for mail, is English.

    **Examples**

    * `python -m latency.languages --model gemma3-270m --language de --paragraphs 4` — half a minute

    * `python -m latency.languages --source help --threshold 0.15 --threshold 0.2` — to choose a threshold

    * `python -m latency.languages --model smollm2-135m --language de --without-rule`
    """
    console = Console()
    with errors_as_sentences(console, "languages"):
        read = {
            one: (
                read_folder(texts, one, skip=skip, count=paragraphs, chars=chars)
                if texts is not None
                else read_paragraphs(MANUALS[source], one, skip=skip, count=paragraphs, chars=chars)
            )
            for one in language or MEASURED
        }
        rules = [True, False] if without_rule else [True]
        thresholds: list[float | None] = [*threshold] if threshold else [None]
        rows: list[Row] = []
        for name in model or ["smollm2-135m", "gemma3-270m"]:
            cost = _bits_per_byte(name, read) if bits else {}
            for way in [Way(name, one, rule) for one in thresholds for rule in rules]:
                rows += run(_typed(way, read, kind, cost, console))
                write_figures(json, {"source": str(texts or source), "rows": [asdict(row) for row in rows]})
    _print(rows, console)


def _bits_per_byte(model: str, texts: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Of each language, read without anything before the text. Raises ModelError."""
    from tokenizers import Tokenizer

    prepared = load_prepared(load().models_dir / model)
    tokeniser = Tokenizer.from_file(str(prepared.tokenizer))
    read = served_reader(prepared, physical_cores())

    def encode(text: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array(tokeniser.encode(text, add_special_tokens=False).ids, np.int64)

    begin = prepared.manifest.begin_ids[0]
    return {language: measure(read, encode, begin, some).per_byte for language, some in texts.items()}


async def _typed(
    way: Way,
    texts: Mapping[str, Sequence[str]],
    kind: str,
    cost: Mapping[str, float],
    console: Console,
) -> list[Row]:
    """A row for each language. Raises `ServerLostError`."""
    console.print(STARTING)
    rows = []
    manner = Manner(None, kind=kind)
    log = OUT / "languages-server.log"
    async with own_server(log, unlimited_rate=True, settings=way.settings) as server:
        for language, some in texts.items():
            done = await replay(server.address, server.token, [Mail(text) for text in some], manner)
            figures = summarise(done.typed, budget_ms=done.welcome.budget_ms)
            rows.append(_row(way, language, figures, cost.get(language)))
            console.print(_said(rows[-1]))
    return rows


def _row(way: Way, language: str, figures: Figures, cost: float | None) -> Row:
    return Row(
        way.model,
        language,
        way.threshold,
        way.rule,
        figures.by_hand,
        figures.saved_share,
        figures.shown,
        figures.taken_share,
        cost,
    )


def _said(row: Row) -> str:
    return (
        f"{row.model}, {row.language}: saved {percent(row.saved_share)}, accepted {percent(row.taken_share)} "
        f"of {row.shown} shown"
    )


def _print(rows: Sequence[Row], console: Console) -> None:
    console.print(machine())
    others = ("language", "threshold", "keys", "saved", "shown", "accepted", "bits per byte")
    table = Table(Column("model", min_width=max(len(row.model) for row in rows)), *others, box=None)
    for row in rows:
        table.add_row(
            row.model,
            row.language if row.rule else f"{row.language}, no rule",
            number(row.threshold, 2),
            f"{row.keys:,}",
            percent(row.saved_share),
            str(row.shown),
            percent(row.taken_share),
            number(row.bits_per_byte, 3),
        )
    console.print(table)
