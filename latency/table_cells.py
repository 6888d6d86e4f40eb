"""Figures as text, for the cells of a table."""

from __future__ import annotations

NO_FIGURE = "—"


def number(value: float | None, digits: int = 1) -> str:
    return NO_FIGURE if value is None else f"{value:.{digits}f}"


def percent(share: float | None, digits: int = 1) -> str:
    """`share` is 0 to 1."""
    return NO_FIGURE if share is None else f"{100 * share:.{digits}f} %"
