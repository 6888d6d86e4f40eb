"""A plan as a table and as a JSON file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from foretype.capacity.cost import ARTICLE
from foretype.capacity.plan import Plan, Wanted


def print_report(wanted: Wanted, plans: Sequence[Plan], article: Plan, console: Console) -> None:
    table = Table(title=f"{wanted.typists:,} people who type at once", title_justify="left")
    table.add_column("")
    for plan in (*plans, article):
        table.add_column(plan.kind, justify="right")
    for name, cells in rows(wanted, [*plans, article]).items():
        table.add_row(name, *cells)
    console.print(table)
    for note in notes(wanted, plans):
        console.print(note, soft_wrap=True, markup=False)


def rows(wanted: Wanted, plans: Sequence[Plan]) -> dict[str, list[str]]:
    """The cells of each row, by the row's name."""
    return {
        "model": [plan.model for plan in plans],
        "typists on one server, measured": [_measured(plan) for plan in plans],
        f"with {wanted.head_room:.0%} head room": [
            f"{plan.typists_each:,}" if plan.measured else "–" for plan in plans
        ],
        "replicas": [f"{plan.replicas:,}" for plan in plans],
        "machines": [f"{plan.machines:,}" for plan in plans],
        "price of a machine an hour": [_price(plan.price) for plan in plans],
        "dollars an hour": [_dollars(plan.dollars) for plan in plans],
        "for a thousand typists": [_dollars(plan.thousand_per_hour(wanted.typists)) for plan in plans],
    }


def notes(wanted: Wanted, plans: Sequence[Plan]) -> list[str]:
    """The sentences below the table: facts that its cells do not show."""
    speeds = sorted({plan.measured.wpm for plan in plans if plan.measured})
    found = [
        f"Measured with people who type {' and '.join(f'{wpm:g}' for wpm in speeds)} words a minute "
        "without a pause. People who also read and think need less: count those who type at the same moment."
    ]
    found += [
        f"{plan.kind}: even the largest number of typists that was tried was served, so it may serve more."
        for plan in plans
        if plan.measured and plan.measured.more
    ]
    found.append(
        f"The article: {ARTICLE.machines} GPU machines for ${ARTICLE.dollars:.2f} an hour, two users each, "
        f"{ARTICLE.typists} users. Its column has as many of these machines as the typists need, without "
        "head room."
    )
    return found


def write_json(wanted: Wanted, plans: Sequence[Plan], article: Plan, file: Path) -> None:
    def plain(plan: Plan) -> dict[str, object]:
        per_thousand = plan.thousand_per_hour(wanted.typists)
        return asdict(plan) | {"dollars_an_hour": plan.dollars, "dollars_a_thousand_typists": per_thousand}

    written = {"wanted": asdict(wanted), "plans": [plain(plan) for plan in plans], "article": plain(article)}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(written, indent=1) + "\n", "utf-8")


def _measured(plan: Plan) -> str:
    if plan.measured is None:
        return f"{plan.typists_each}"
    return f"{'at least ' if plan.measured.more else ''}{plan.measured.typists:,}"


def _price(amount: float) -> str:
    """With a tenth of a cent where it has one: the article's machine costs $0.752."""
    return f"${amount:,.3f}".removesuffix("0")


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}"
