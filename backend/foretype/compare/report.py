"""The report of a comparison: printed tables, and a JSON file. Neither holds any of the texts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from foretype.compare.article import article_figures
from foretype.compare.figures import Quality, Speed
from foretype.compare.named import RANDOM_WEIGHTS, Named
from foretype.compare.run import MeasuredModel
from foretype.compare.texts import ANSWER_CHARS, QualityTexts
from foretype.models.field_kind import FieldKind
from foretype.support.wording import many

NO_QUALITY = "random weights"
NAMES_WIDTH, MODEL_WIDTH = 28, 16  # characters of a column, at least


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one comparison, and how they were measured."""

    models: Sequence[MeasuredModel]
    texts: QualityTexts
    kind: FieldKind
    rounds: int
    threads: int
    budget_ms: float
    machine: str


SPEED: tuple[tuple[str, Callable[[Speed], str]], ...] = (
    ("time to load", lambda speed: f"{speed.load_s:.2f} s"),
    ("memory of the process", lambda speed: _mb(speed.resident_bytes)),
    ("one more token", lambda speed: _ms(speed.step_ms)),
    ("first 64 tokens", lambda speed: _ms(speed.prefill_ms)),
    ("answer in a new field", lambda speed: _ms(speed.answer_ms)),
)
QUALITY: tuple[tuple[str, Callable[[Quality], str]], ...] = (
    ("bits per byte", lambda quality: f"{quality.bits_per_byte:.3f}"),
    ("keystrokes saved", lambda quality: _percent(quality.saved_share)),
    ("suggestions accepted", lambda quality: _percent(quality.taken_share)),
    ("time per keystroke, median", lambda quality: _ms(quality.keystroke_p50_ms)),
    ("time per keystroke, p95", lambda quality: _ms(quality.keystroke_p95_ms)),
)


def print_report(report: Report, console: Console) -> None:
    """Print tables of as many models as fit side by side. More models follow in further tables."""
    columns = max(1, (console.width - NAMES_WIDTH) // MODEL_WIDTH)
    for start in range(0, len(report.models), columns):
        console.print(_table(report.models[start : start + columns]))
    for line in _remarks(report):
        console.print(line, soft_wrap=console.width > 200)
    article = _article(report.models)
    if article is not None:
        console.print(article)
        console.print(
            "The article: one request to DistilGPT2 as it was served there. The figures do not say how long "
            "the text was, or which machine was used. Here: an answer in a new field, without a connection."
        )


def short_name(model: Named) -> str:
    """The label without the mark of random weights, which the table shows in a row."""
    return model.label.replace(RANDOM_WEIGHTS, "")


def written(report: Report) -> dict[str, Any]:
    """The report as plain values, for a JSON file."""
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
        "models": [_written(one) for one in report.models],
        "article": [asdict(figure) for figure in article_figures(report.models)],
    }


def write_json(report: Report, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(written(report), indent=1, ensure_ascii=False) + "\n", "utf-8")


def _written(one: MeasuredModel) -> dict[str, Any]:
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


# -- the printed report ------------------------------------------------------------------


def _table(models: Sequence[MeasuredModel]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for one in models:
        table.add_column(short_name(one.model).replace(" ", "\n"), justify="right", overflow="fold")
    for name, cells in _rows(models):
        table.add_row(name, *cells)
    return table


def _rows(models: Sequence[MeasuredModel]) -> Iterator[tuple[str, list[str]]]:
    manifests = [one.model.manifest for one in models]
    yield "weights", [manifest.weights for manifest in manifests]
    yield "graph", [manifest.graph for manifest in manifests]
    yield "runs on", [one.speed.provider.removesuffix("ExecutionProvider") for one in models]
    yield "size on disk", [_mb(one.model.prepared.bytes) for one in models]
    for name, of_speed in SPEED:
        yield name, [of_speed(one.speed) for one in models]
    for number, (name, of_quality) in enumerate(QUALITY):
        missing = NO_QUALITY if number == 0 else "–"
        yield name, [missing if one.quality is None else of_quality(one.quality) for one in models]


def _remarks(report: Report) -> Iterator[str]:
    """The lines that say how the figures were measured."""
    texts = report.texts
    rounds = f"medians of {report.rounds} rounds" if report.rounds > 1 else "one round"
    threads = many(report.threads, "thread")
    yield f"Speed: {report.machine}, {threads}, {rounds}, each in a process of its own."
    yield (
        f"Answer in a new field: the time to the final answer for {ANSWER_CHARS} characters that end inside "
        f"a word. A server answers after {report.budget_ms:g} ms at the latest, with the best suggestion so "
        "far."
    )
    if any(one.quality for one in report.models):
        typed = sum(map(len, texts.typed))
        yield (
            f"Quality: {texts.source}; {texts.read_bytes / 1000:.1f} KB read, and {typed:,} characters of "
            f"{many(len(texts.typed), 'text')} typed in a field for {_FIELDS[report.kind]}. No suggestion "
            "was computed ahead of the keystrokes."
        )
    if texts.unreadable:
        are = "is" if texts.unreadable == 1 else "are"
        yield f"Left out: {many(texts.unreadable, 'file')} that {are} not UTF-8 or not readable."
    if any(one.model.random_weights for one in report.models):
        yield (
            "Random weights: drawn at random, not trained. Only the shape is that of the model in the name. "
            "One more token takes the same time as with trained weights; an answer may need more or fewer "
            "runs of the model."
        )


_FIELDS = {FieldKind.EMAIL: "mail", FieldKind.SEARCH: "a search", FieldKind.TEXT: "text"}


def _article(models: Sequence[MeasuredModel]) -> Table | None:
    figures = article_figures(models)
    if not figures:
        return None
    table = Table("Compared with the article", "article", "here", box=box.SIMPLE_HEAD, pad_edge=False)
    for figure in figures:
        table.add_row(figure.what, figure.article, figure.here)
    return table


def _ms(value: float) -> str:
    return f"{value:.3g} ms" if value < 1000 else f"{value:,.0f} ms"


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f} MB" if size >= 10_000_000 else f"{size / 1e6:.1f} MB"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
