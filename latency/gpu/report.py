"""The figures of all devices as a table and as a JSON file. Neither contains text that was typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from foretype.capacity.cost import ARTICLE, THOUSAND, Fleet, machines_for
from latency.figures_file import write_figures
from latency.gpu.device_parity import LimitedDifference
from latency.gpu.run_times import (
    IN_ONE_TEXT,
    IN_TEXTS,
    RECORDED_ROWS,
    ROWS,
    UNRECORDED,
    RunTime,
)
from latency.gpu.typists import TypingFigures
from latency.machine import machine
from latency.table_cells import NO_FIGURE, number

BUSY_TYPING = 0.8  # cores: above this, the typing program may have been too slow


@dataclass(slots=True)
class DeviceFigures:
    """One device's figures. `price` is in dollars an hour, for the machine. `notes` say by part what is
    missing.
    """

    device: str  # the name of the GPU, or “CPU”
    provider: str
    weights: str
    price: float | None
    parity: list[LimitedDifference] = field(default_factory=list)
    steps: list[RunTime] = field(default_factory=list)
    typed: TypingFigures = field(default_factory=TypingFigures)
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def typists(self) -> int | None:
        return self.typed.served

    @property
    def thousand_per_hour(self) -> float | None:
        """Dollars an hour for a thousand typists. None without a price, or if no typist was served."""
        if self.price is None or self.typists is None:
            return None
        return Fleet(1, self.price, self.typists).thousand_per_hour

    @property
    def agrees(self) -> bool:
        """Whether logits were compared, and all differences are below their limits."""
        return bool(self.parity) and all(one.kept for one in self.parity)

    def as_json(self) -> dict[str, Any]:
        figures = {"typists": self.typists, "dollars_per_thousand_per_hour": self.thousand_per_hour}
        return asdict(self) | {"flat": figures}


def write_json(found: Iterable[DeviceFigures], file: Path, **more: object) -> None:
    article = asdict(ARTICLE) | {
        "typists": ARTICLE.typists,
        "dollars_per_thousand_per_hour": ARTICLE.thousand_per_hour,
    }
    write_figures(file, {**more, "article": article, "devices": [one.as_json() for one in found]})


def print_report(found: list[DeviceFigures], console: Console) -> None:
    table = Table("", *(one.device for one in found), "the article", title=machine(), title_justify="left")
    columns = [rows(one) for one in found]
    article = article_rows()
    for name in columns[0]:
        table.add_row(name, *(column[name] for column in columns), article.get(name, ""))
    console.print(table)
    for one in found:
        for part, note in notes(one).items():
            console.print(f"{one.provider}, {part}: {note}", soft_wrap=True, markup=False)
    console.print(
        f"The article's column assumes {ARTICLE.machines} machines, one deployed model and two users on "
        f"each machine, and ${ARTICLE.dollars:.2f} an hour for all of them. The article's "
        "users may type differently.",
        soft_wrap=True,
    )


def rows(found: DeviceFigures) -> dict[str, str]:
    """A device's column in the table, by the names of its rows."""
    one = found.typed.one
    column = {
        "provider, weights": f"{found.provider}, {found.weights}",
        "largest difference from the logits of the CPU": _parity(found),
    }
    by_size = {(run.way, run.rows): run for run in found.steps}
    for count in ROWS:
        in_texts, in_tree = (by_size.get((way, count)) for way in (IN_TEXTS, IN_ONE_TEXT))
        column[f"a run of {count} tokens: from {count} texts; from one text"] = (
            f"{_ms(in_texts)}; {_ms(in_tree)} ms"
        )
    unrecorded = by_size.get((UNRECORDED, RECORDED_ROWS))
    if unrecorded is not None:
        column[f"a run of {RECORDED_ROWS}, without CUDA graphs"] = f"{_ms(unrecorded)} ms"
    return column | {
        "one typist: median; p95": f"{number(one.final.p50)}; {number(one.final.p95)} ms"
        if one
        else NO_FIGURE,
        "typists per machine": _typists(found),
        "machines for a thousand typists": _machines(found.typists),
        "price of a thousand typists per hour": _dollars(found.thousand_per_hour),
    }


def article_rows() -> dict[str, str]:
    """The article's column."""
    return {
        "typists per machine": str(ARTICLE.typists_each),
        "machines for a thousand typists": _machines(ARTICLE.typists_each),
        "price of a thousand typists per hour": _dollars(ARTICLE.thousand_per_hour),
    }


def notes(found: DeviceFigures) -> dict[str, str]:
    """By part: what is missing, and what a reader of the table must know."""
    by_part = dict(found.notes)
    for run in found.steps:
        if run.note is not None:
            by_part[f"a run of {run.rows} {run.way}"] = run.note
    if found.typed.one_note:
        by_part["one typist"] = found.typed.one_note
    if found.typed.crowds_note:
        by_part["capacity"] = found.typed.crowds_note
    if found.parity and any(one.at_most is None for one in found.parity):
        by_part["logits"] = "there is no limit: with few bits, a run of one row uses another kernel"
    busiest = max((step.own_cpu_share for step in found.typed.crowds), default=0.0)
    if busiest > BUSY_TYPING:
        by_part["typing"] = f"the typing program used {busiest:.1f} cores and may have been too slow itself"
    if found.price is None:
        by_part["cost"] = "no price was given"
    return by_part


def _parity(found: DeviceFigures) -> str:
    if not found.parity:
        return NO_FIGURE
    largest = max(one.difference.largest for one in found.parity)
    limit = found.parity[-1].at_most
    if limit is None:
        return f"{largest:.1e}, no limit"
    return f"{largest:.1e}, at most {limit:.1e}{'' if found.agrees else ' [red]missed[/]'}"


def _typists(found: DeviceFigures) -> str:
    if found.typists is None:
        return NO_FIGURE
    # If the largest crowd that was tried was served, the time ended before the search found a crowd that is
    # not served.
    served_all = found.typists == max(step.typists for step in found.typed.crowds)
    return f"at least {found.typists}" if served_all else str(found.typists)


def _machines(each: int | None) -> str:
    needed = machines_for(THOUSAND, each) if each else None
    return NO_FIGURE if needed is None else str(needed)


def _dollars(amount: float | None) -> str:
    return NO_FIGURE if amount is None else f"${amount:,.2f}"


def _ms(run: RunTime | None) -> str:
    return NO_FIGURE if run is None else number(run.ms)
