"""Reads `budget.toml` and compares figures with the limits of one of its tables. Pure but for the file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from latency.errors import MeasurementError

BUDGET_FILE = Path(__file__).parent / "budget.toml"


class UnknownBudgetError(MeasurementError):
    """There is no table of this name. `known` are the names that exist."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"budget.toml has no table {name!r}. It has: {', '.join(known)}.")
        self.name = name
        self.known = known


@dataclass(frozen=True, slots=True)
class Budget:
    """One table: the conditions of the measurement (`about`), and limits by the name of the figure."""

    name: str
    about: str
    at_most: Mapping[str, float]
    at_least: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One figure and its limit. `measured` is None if this run did not measure the figure."""

    figure: str
    limit: float
    upper: bool
    measured: float | None

    @property
    def kept(self) -> bool | None:
        """None if the figure was not measured."""
        if self.measured is None:
            return None
        return self.measured <= self.limit if self.upper else self.measured >= self.limit


def read_budgets(file: Path = BUDGET_FILE) -> dict[str, Budget]:
    tables = tomllib.loads(file.read_text("utf-8"))
    return {
        name: Budget(name, table["about"], table.get("at_most", {}), table.get("at_least", {}))
        for name, table in tables.items()
    }


def find_budget(name: str, file: Path = BUDGET_FILE) -> Budget:
    """Raises `UnknownBudgetError`."""
    budgets = read_budgets(file)
    if name not in budgets:
        raise UnknownBudgetError(name, tuple(budgets))
    return budgets[name]


def find_optional_budget(name: str | None) -> Budget | None:
    """None without a name. Raises `UnknownBudgetError`."""
    return find_budget(name) if name else None


def judge(budget: Budget, figures: Mapping[str, float | None]) -> list[Verdict]:
    """A verdict for each limit, upper limits first."""
    return [
        Verdict(figure, limit, upper, figures.get(figure))
        for upper, limits in ((True, budget.at_most), (False, budget.at_least))
        for figure, limit in limits.items()
    ]
