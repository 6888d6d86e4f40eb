"""How often Tab completes too much in a form: each value of a list is typed, and then Tab should lead to the
next field.

`python -m latency.forms --check forms`

The server answers each letter before the next one is typed. The extension's own code then decides what Tab
would insert after each letter (`extension/scripts/form-takes.ts`).
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from latency.budget import find_optional_budget
from latency.command import errors_as_sentences, new_app
from latency.event_loop import run
from latency.extension import EXTENSION, ExtensionUnavailableError
from latency.figures_file import write_figures
from latency.machine import machine
from latency.options import Check, FiguresFile, Model
from latency.paths import OUT
from latency.replay.connection import Connection, ServerLostError
from latency.replay.plain_typing import type_plainly
from latency.replay.server import STARTING, UNHURRIED, own_server
from latency.shapes import settings_for
from latency.verdicts import exit_if_missed

VALUES = Path(__file__).with_name("form_values.tsv")
RULES = {
    "every": "Tab takes every suggestion",
    "many_lines": "the extension's rule for several lines",
    "one_line": "the extension's rule for one line",
}

LABELS = {
    "country": "Country",
    "city": "City",
    "name": "Full name",
    "title": "Job title",
    "subject": "Subject",
    "organisation": "Company",
    "address": "Street address",
    "answer": "Your answer",
}
"""A usual label for each kind of value. Most addresses and answers have a better one on a real form."""

app = new_app()


@dataclass(frozen=True, slots=True)
class Value:
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Takes:
    """What Tab does under one rule.

    wrong: the complete values to which Tab would add something.
    words, keys: what a user saves who presses Tab whenever it inserts the right word.
    """

    wrong: tuple[str, ...]
    words: int
    keys: int


def read_values(file: Path = VALUES) -> list[Value]:
    lines = file.read_text("utf-8").splitlines()
    cells = [line.partition("\t") for line in lines if line and not line.startswith("#")]
    return [Value(kind, text) for kind, _, text in cells]


def takes_of(values: Sequence[Value], inserted: Sequence[Sequence[str]]) -> Takes:
    """`inserted`: for each value and each of its letters, what Tab inserts after it; empty if nothing."""
    wrong, words, keys = [], 0, 0
    for value, after in zip(values, inserted, strict=True):
        if after[-1]:
            wrong.append(value.text)
        saved = _saved(value.text, after)
        words += len(saved)
        keys += sum(saved)
    return Takes(tuple(wrong), words, keys)


def _saved(text: str, inserted: Sequence[str]) -> list[int]:
    """The keys that each accepted word saves."""
    saved = []
    typed = 1
    while typed < len(text):
        word = inserted[typed - 1]
        if len(word) > 1 and text.startswith(word, typed) and _ends_word(text, typed + len(word)):
            saved.append(len(word) - 1)
            typed += len(word)
        else:
            typed += 1
    return saved


def _ends_word(text: str, at: int) -> bool:
    return at == len(text) or not text[at].isalnum()


def flat(takes: Mapping[str, Takes], values: Sequence[Value]) -> dict[str, float | None]:
    """By the names of `budget.toml`."""
    letters = sum(len(value.text) for value in values)
    new, old = takes["one_line"], takes["every"]
    return {
        "values": len(values),
        "wrong_share": len(new.wrong) / len(values),
        "saved_share": new.keys / letters,
        "wrong_share_before": len(old.wrong) / len(values),
        "saved_share_before": old.keys / letters,
    }


@app.command()
def main(
    model: Model = "smollm2-135m",
    labels: Annotated[bool, typer.Option(help="Send the label of each field, as the extension does.")] = True,
    every: Annotated[int, typer.Option(help="Type only each Nth value.")] = 1,
    out: FiguresFile = OUT / "forms.json",
    check: Check = None,
) -> None:
    """Measure how often Tab completes too much in a form, and how many keys it saves there.

    It types names, places, titles and subjects, one letter after the other, and asks the extension's code
    what Tab would insert. Takes about 4 minutes, and needs the extension's packages.
    """
    console = Console()
    with errors_as_sentences(console, "forms"):
        budget = find_optional_budget(check)
        values = read_values()[::every]
        answers = run(_answers(settings_for(model), values, console, labels=labels))
        inserted = _inserted(values, answers)
    takes = {rule: takes_of(values, [one[rule] for one in inserted]) for rule in RULES}
    figures = flat(takes, values)
    _print(takes, values, model, console)
    write_figures(out, {"model": model, "flat": figures})
    exit_if_missed(budget, figures, console)


Answers = list[dict[str, Any]]


async def _answers(
    settings: dict[str, str], values: Sequence[Value], console: Console, *, labels: bool
) -> list[Answers]:
    """The final answer after each letter of each value. Raises `ServerLostError`."""
    console.print(STARTING)
    # Each letter waits for its answer, so runs ahead would only cost time.
    more = settings | UNHURRIED | {"FORETYPE_RUNS_AHEAD": "0"}
    async with (
        own_server(OUT / "forms-server.log", unlimited_rate=True, settings=more) as server,
        aiohttp.ClientSession() as http,
        Connection(http, server.address, server.token) as connection,
    ):
        with Progress(console=console, transient=True) as bar:
            return [
                await _typed(connection, f"f{number}", value.text, LABELS[value.kind] if labels else None)
                for number, value in enumerate(bar.track(values, description="typing"))
            ]


async def _typed(connection: Connection, field: str, text: str, label: str | None) -> Answers:
    answers = []
    # The extension sends this kind for fields of one line.
    async for final in type_plainly(connection, field, text, kind="text", label=label):
        if final.source is None:
            raise ServerLostError(f"The server gave no suggestion ({final.error or 'it did not answer'}).")
        answers.append({"text": final.text, "confidence": final.confidence})
    await connection.forget(field)
    return answers


def _inserted(values: Sequence[Value], answers: Sequence[Answers]) -> list[dict[str, list[str]]]:
    """For each value and each rule, what Tab inserts after each letter. Raises
    `ExtensionUnavailableError`.
    """
    lines = [
        json.dumps({"value": value.text, "answers": one}) for value, one in zip(values, answers, strict=True)
    ]
    try:
        done = subprocess.run(
            ["npm", "run", "--silent", "form-takes"],
            cwd=EXTENSION,
            input="\n".join(lines),
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise ExtensionUnavailableError(
            f"The extension's code could not be run ({error}). Install its packages with: make extension"
        ) from error
    return [json.loads(line) for line in done.stdout.splitlines()]


def _print(takes: Mapping[str, Takes], values: Sequence[Value], model: str, console: Console) -> None:
    letters = sum(len(value.text) for value in values)
    console.print(f"[bold]{model}[/], {machine()}: {len(values)} values, {letters} letters")
    table = Table("rule", "wrong takes", "share", "words saved", "keys saved", "share")
    for rule, one in takes.items():
        wrong = len(one.wrong)
        table.add_row(
            RULES[rule],
            str(wrong),
            f"{wrong / len(values):.1%}",
            str(one.words),
            str(one.keys),
            f"{one.keys / letters:.1%}",
        )
    console.print(table)
    console.print("Completed too far in one line: " + (", ".join(takes["one_line"].wrong) or "none"))


if __name__ == "__main__":
    app(prog_name="python -m latency.forms")
