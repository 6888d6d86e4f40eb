"""What was found as a table and as one JSON. Neither holds any text that was typed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from latency.gpu.cost import ARTICLE, THOUSAND, Fleet, machines_for
from latency.gpu.device import RECORDED_ROWS, ROWS, UNRECORDED, Parity, Run
from latency.gpu.people import Typed
from latency.replay.report import machine

NOT_THERE = "—"


@dataclass(slots=True)
class Found:
    """One device's figures. `price` is dollars an hour of the machine; `notes` what is missing, by part."""

    device: str  # as it is called: the GPU's name, or the processor's
    provider: str
    weights: str
    price: float | None
    parity: list[Parity] = field(default_factory=list)
    steps: list[Run] = field(default_factory=list)
    typed: Typed = field(default_factory=Typed)
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def typists(self) -> int | None:
        return self.typed.carried

    @property
    def thousand_per_hour(self) -> float | None:
        """Dollars an hour for a thousand typists; None without a price, or where nobody is known to be
        carried.
        """
        if self.price is None or self.typists is None:
            return None
        return Fleet(1, self.price, self.typists).thousand_per_hour

    @property
    def agrees(self) -> bool:
        """Whether something was compared, and nothing of it is further apart than it may be."""
        return bool(self.parity) and all(one.kept for one in self.parity)

    def said(self) -> dict[str, Any]:
        figures = {"typists": self.typists, "dollars_per_thousand_per_hour": self.thousand_per_hour}
        return asdict(self) | {"flat": figures}


def write_json(found: Iterable[Found], file: Path, **more: object) -> None:
    article = asdict(ARTICLE) | {
        "typists": ARTICLE.typists,
        "dollars_per_thousand_per_hour": ARTICLE.thousand_per_hour,
    }
    said = {"machine": machine(), **more, "article": article, "devices": [one.said() for one in found]}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(said, indent=1) + "\n", "utf-8")


def print_report(found: list[Found], console: Console) -> None:
    table = Table("", *(one.device for one in found), "the article", title=machine(), title_justify="left")
    columns = [rows(one) for one in found]
    beside = of_the_article()
    for name in columns[0]:
        table.add_row(name, *(column[name] for column in columns), beside.get(name, ""))
    console.print(table)
    for one in found:
        for part, note in notes(one).items():
            console.print(f"{one.provider}, {part}: {note}", soft_wrap=True, markup=False)
    console.print(
        "The article's, as read here: one deployed model a machine, two users on each, $150 an hour for all "
        f"{ARTICLE.machines}. Typing there and here need not be the same.",
        soft_wrap=True,
    )


def rows(found: Found) -> dict[str, str]:
    """A device's column."""
    one = found.typed.one
    column = {
        "provider, weights": f"{found.provider}, {found.weights}",
        "logits apart from the CPU's": _parity(found),
    }
    by_size = {(run.way, run.rows): run for run in found.steps}
    for count in ROWS:
        in_texts, in_tree = (by_size.get((way, count)) for way in ("of as many texts", "in one text"))
        column[f"a run of {count}: of as many texts, in one"] = f"{_ms(in_texts)}, {_ms(in_tree)} ms"
    unrecorded = by_size.get((UNRECORDED, RECORDED_ROWS))
    if unrecorded is not None:
        column[f"a run of {RECORDED_ROWS}, kernel by kernel"] = f"{_ms(unrecorded)} ms"
    return column | {
        "one typist: median, 95 %": f"{_number(one.final.p50)}, {_number(one.final.p95)} ms"
        if one
        else NOT_THERE,
        "typists on a machine": _typists(found),
        "machines for a thousand": _machines(found.typists),
        "a thousand typists, an hour": _dollars(found.thousand_per_hour),
    }


def of_the_article() -> dict[str, str]:
    return {
        "typists on a machine": str(ARTICLE.typists_each),
        "machines for a thousand": _machines(ARTICLE.typists_each),
        "a thousand typists, an hour": _dollars(ARTICLE.thousand_per_hour),
    }


def notes(found: Found) -> dict[str, str]:
    """What is missing or to be known, by part."""
    said = dict(found.notes)
    for run in found.steps:
        if run.note is not None:
            said[f"a run of {run.rows} {run.way}"] = run.note
    if found.typed.one_note:
        said["one typist"] = found.typed.one_note
    if found.typed.crowds_note:
        said["capacity"] = found.typed.crowds_note
    if found.parity and any(one.at_most is None for one in found.parity):
        said["logits"] = "no limit: at few bits a run of one row takes another kernel than a run of many"
    busiest = max((step.own_cpu_share for step in found.typed.crowds), default=0.0)
    if busiest > 0.8:
        said["typing"] = f"took {busiest:.1f} of a core: it may have been what was slow"
    if found.price is None:
        said["cost"] = "no price was given for it"
    return said


def _parity(found: Found) -> str:
    if not found.parity:
        return NOT_THERE
    largest = max(one.apart.largest for one in found.parity)
    limit = found.parity[-1].at_most
    if limit is None:
        return f"{largest:.1e}, no limit"
    return f"{largest:.1e}, at most {limit:.1e}{'' if found.agrees else ' [red]missed[/]'}"


def _typists(found: Found) -> str:
    if found.typists is None:
        return NOT_THERE
    # Where the largest crowd of all was carried, time was out before one was not.
    carried_all = found.typists == max(step.typists for step in found.typed.crowds)
    return f"at least {found.typists}" if carried_all else str(found.typists)


def _machines(each: int | None) -> str:
    needed = machines_for(THOUSAND, each) if each else None
    return NOT_THERE if needed is None else str(needed)


def _dollars(amount: float | None) -> str:
    return NOT_THERE if amount is None else f"${amount:,.2f}"


def _ms(run: Run | None) -> str:
    return NOT_THERE if run is None else _number(run.ms)


def _number(value: float | None) -> str:
    return NOT_THERE if value is None else f"{value:.1f}"
