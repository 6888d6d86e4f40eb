"""A comparison as tables to read and as a file to keep. Neither holds any of the texts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from foretype.compare.article import beside_article
from foretype.compare.figures import Quality, Speed
from foretype.compare.named import RANDOM_WEIGHTS, Named
from foretype.compare.run import Compared
from foretype.compare.texts import ANSWER_CHARS, Texts
from foretype.models.field_kind import FieldKind
from foretype.support.wording import many

NO_QUALITY = "random weights"
NAMES_WIDTH, MODEL_WIDTH = 28, 16  # characters that a column takes at least


@dataclass(frozen=True, slots=True)
class Report:
    """One comparison and its circumstances."""

    compared: Sequence[Compared]
    texts: Texts
    kind: FieldKind
    rounds: int
    threads: int
    budget_ms: float
    machine: str


SPEED: tuple[tuple[str, Callable[[Speed], str]], ...] = (
    ("ready after", lambda speed: f"{speed.load_s:.2f} s"),
    ("memory of its process", lambda speed: _mb(speed.resident_bytes)),
    ("one more token", lambda speed: _ms(speed.step_ms)),
    ("the first 64 tokens", lambda speed: _ms(speed.prefill_ms)),
    ("an answer from nothing", lambda speed: _ms(speed.answer_ms)),
)
QUALITY: tuple[tuple[str, Callable[[Quality], str]], ...] = (
    ("bits per byte", lambda quality: f"{quality.bits_per_byte:.3f}"),
    ("keystrokes saved", lambda quality: _percent(quality.saved_share)),
    ("shown texts taken", lambda quality: _percent(quality.taken_share)),
    ("a keystroke, median", lambda quality: _ms(quality.keystroke_p50_ms)),
    ("… 95 % of them within", lambda quality: _ms(quality.keystroke_p95_ms)),
)


def print_report(report: Report, console: Console) -> None:
    """As many models beside each other as there is room for; others follow in tables beneath."""
    room = max(1, (console.width - NAMES_WIDTH) // MODEL_WIDTH)
    for start in range(0, len(report.compared), room):
        console.print(_table(report.compared[start : start + room]))
    for line in _remarks(report):
        console.print(line, soft_wrap=console.width > 200)
    article = _article(report.compared)
    if article is not None:
        console.print(article)
        console.print(
            "The article: one request to DistilGPT2 as it was served there; how long the text was, and on "
            "which machine, is not said with the figures. Here: the answer from nothing, without a socket."
        )


def short_name(model: Named) -> str:
    """Without the words that its figures say again."""
    return model.label.replace(RANDOM_WEIGHTS, "")


def written(report: Report) -> dict[str, Any]:
    """All of it as plain values, for a JSON file."""
    return {
        "machine": report.machine,
        "threads": report.threads,
        "rounds": report.rounds,
        "kind": report.kind.value,
        "budget_ms": report.budget_ms,
        "texts": {
            "source": report.texts.source,
            "read_bytes": report.texts.read_bytes,
            "typed": len(report.texts.typed),
            "typed_chars": sum(map(len, report.texts.typed)),
            "unreadable": report.texts.unreadable,
        },
        "models": [_written(one) for one in report.compared],
        "article": [asdict(figure) for figure in beside_article(report.compared)],
    }


def write_json(report: Report, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(written(report), indent=1, ensure_ascii=False) + "\n", "utf-8")


def _written(one: Compared) -> dict[str, Any]:
    manifest = one.model.manifest
    quality = one.quality
    return {
        "model": one.model.label,
        "folder": str(one.model.prepared.folder),
        "weights": manifest.weights,
        "graph": manifest.graph,
        "random_weights": one.model.random_weights,
        "disk_bytes": one.model.prepared.bytes,
        "speed": one.speed.model_dump(),
        "quality": None
        if quality is None
        else quality.model_dump() | {"saved_share": quality.saved_share, "taken_share": quality.taken_share},
    }


# -- for a person ------------------------------------------------------------------------


def _table(compared: Sequence[Compared]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for one in compared:
        table.add_column(short_name(one.model).replace(" ", "\n"), justify="right", overflow="fold")
    for name, cells in _rows(compared):
        table.add_row(name, *cells)
    return table


def _rows(compared: Sequence[Compared]) -> Iterator[tuple[str, list[str]]]:
    manifests = [one.model.manifest for one in compared]
    yield "weights", [manifest.weights for manifest in manifests]
    yield "graph", [manifest.graph for manifest in manifests]
    yield "runs on", [one.speed.provider.removesuffix("ExecutionProvider") for one in compared]
    yield "size on the disk", [_mb(one.model.prepared.bytes) for one in compared]
    for name, of_speed in SPEED:
        yield name, [of_speed(one.speed) for one in compared]
    for number, (name, of_quality) in enumerate(QUALITY):
        missing = NO_QUALITY if number == 0 else "–"
        yield name, [missing if one.quality is None else of_quality(one.quality) for one in compared]


def _remarks(report: Report) -> Iterator[str]:
    """What the figures rest on."""
    texts = report.texts
    rounds = f"medians of {report.rounds} rounds" if report.rounds > 1 else "one round"
    threads = many(report.threads, "thread")
    yield f"Speed: {report.machine}, {threads}, {rounds}, each in a process of its own."
    yield (
        f"An answer from nothing: {ANSWER_CHARS} characters that end in half a word, in a field that is new, "
        f"with all the time it takes. A server says the best so far at {report.budget_ms:g} ms."
    )
    if any(one.quality for one in report.compared):
        typed = sum(map(len, texts.typed))
        yield (
            f"Quality: {texts.source}; {texts.read_bytes / 1000:.1f} KB read, {typed:,} characters of "
            f"{len(texts.typed)} texts typed in a field for {_FIELDS[report.kind]}, nothing run ahead."
        )
    if texts.unreadable:
        files = "1 file there is" if texts.unreadable == 1 else f"{texts.unreadable} files there are"
        yield f"{files} not UTF-8, or may not be read, and left out."
    if any(one.model.random_weights for one in report.compared):
        yield (
            "Random weights: drawn, not learnt, in the shape of the model that the name says. A token takes "
            "as long as with its own; an answer may take more runs or fewer."
        )


_FIELDS = {FieldKind.EMAIL: "mail", FieldKind.SEARCH: "a search", FieldKind.TEXT: "text"}


def _article(compared: Sequence[Compared]) -> Table | None:
    figures = beside_article(compared)
    if not figures:
        return None
    table = Table("Beside the article", "article", "here", box=box.SIMPLE_HEAD, pad_edge=False)
    for figure in figures:
        table.add_row(figure.what, figure.article, figure.here)
    return table


def _ms(value: float) -> str:
    return f"{value:.3g} ms" if value < 1000 else f"{value:,.0f} ms"


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f} MB" if size >= 10_000_000 else f"{size / 1e6:.1f} MB"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
