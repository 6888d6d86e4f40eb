"""Figures as text, for the cells of a table, and a table in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

NO_FIGURE = "—"


def number(value: float | None, digits: int = 1) -> str:
    return NO_FIGURE if value is None else f"{value:.{digits}f}"


def percent(share: float | None, digits: int = 1) -> str:
    """`share` is 0 to 1."""
    return NO_FIGURE if share is None else f"{100 * share:.{digits}f} %"


def markdown_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table in Markdown."""
    yield f"| {' | '.join(headings)} |"
    yield f"|{'---|' * len(headings)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
